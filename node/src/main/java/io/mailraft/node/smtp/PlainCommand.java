package io.mailraft.node.smtp;

import java.util.List;

/** A command whose answer needs no look at the transaction. */
final class PlainCommand extends SmtpCommand {

  /** What such a command does. */
  @FunctionalInterface
  private interface Action {
    void run(Conversation conversation, String argument);
  }

  private final Action action;

  private PlainCommand(Verb verb, Action action) {
    super(verb);
    this.action = action;
  }

  @Override
  void run(Conversation conversation, String argument) {
    action.run(conversation, argument);
  }

  /** All of them. */
  static List<SmtpCommand> all() {
    return List.of(
        new PlainCommand(Verb.RSET, PlainCommand::reset),
        new PlainCommand(Verb.NOOP, (conversation, argument) -> conversation.reply(Reply.OK)),
        new PlainCommand(Verb.HELP, (conversation, argument) -> conversation.reply(Reply.HELP)),
        new PlainCommand(Verb.VRFY, PlainCommand::verify),
        new PlainCommand(Verb.QUIT, PlainCommand::quit),
        new PlainCommand(
            Verb.UNOFFERED, (conversation, argument) -> conversation.refuse(Reply.NOT_IMPLEMENTED)),
        new PlainCommand(
            Verb.UNKNOWN, (conversation, argument) -> conversation.refuse(Reply.UNKNOWN)),
        // A browser can be made to post SMTP commands to an address that trusts it; its first line
        // gives it away.
        new PlainCommand(
            Verb.FOREIGN, (conversation, argument) -> conversation.reply(Reply.NOT_SMTP)),
        new PlainCommand(
            Verb.MALFORMED,
            (conversation, argument) -> conversation.refuse(conversation.line().answer())));
  }

  private static void reset(Conversation conversation, String argument) {
    if (!argument.isEmpty()) {
      conversation.refuse(Reply.NO_ARGUMENT);
      return;
    }
    conversation.reset();
    conversation.reply(Reply.OK);
  }

  private static void verify(Conversation conversation, String argument) {
    if (argument.isEmpty()) {
      conversation.refuse(Reply.BAD_PARAMETER);
    } else {
      conversation.reply(Reply.CANNOT_VERIFY);
    }
  }

  private static void quit(Conversation conversation, String argument) {
    if (argument.isEmpty()) {
      conversation.reply(Reply.BYE);
    } else {
      conversation.refuse(Reply.NO_ARGUMENT);
    }
  }
}
