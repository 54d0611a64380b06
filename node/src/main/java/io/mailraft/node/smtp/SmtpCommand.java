package io.mailraft.node.smtp;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.subethamail.smtp.internal.server.Command;
import org.subethamail.smtp.internal.server.HelpMessage;
import org.subethamail.smtp.server.Session;

/** A command of ours on SubEthaSMTP's session engine. */
abstract class SmtpCommand implements Command {
  private static final Logger LOG = LoggerFactory.getLogger(SmtpCommand.class);

  private final Verb verb;

  SmtpCommand(Verb verb) {
    this.verb = verb;
  }

  /** Runs the command line at hand and answers it. */
  abstract void run(Conversation conversation, String argument);

  /**
   * Runs the command that the engine was made to find; see {@link ClientSocket}. An error of ours
   * ends the transaction and is not shown to the client.
   */
  @Override
  public final void execute(String engineLine, Session session) {
    Conversation conversation = ((ClientSocket) session.getSocket()).conversation();
    try {
      if (!verb.movesOn() && conversation.isWithoutMailTooLong()) {
        conversation.reply(Reply.NO_MAIL);
      } else {
        run(conversation, conversation.line().argument());
      }
    } catch (RuntimeException e) {
      LOG.error("{} ended in an unexpected error", verb, e);
      conversation.endTransaction();
      conversation.reply(Reply.TROUBLE);
    }
  }

  @Override
  public final HelpMessage getHelp() {
    return new HelpMessage(getName(), "");
  }

  @Override
  public final String getName() {
    return verb.name();
  }
}
