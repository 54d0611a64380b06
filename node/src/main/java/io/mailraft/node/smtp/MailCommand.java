package io.mailraft.node.smtp;

import io.mailraft.node.access.ConfigHook;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.access.GuidanceException;
import io.mailraft.node.message.SmtpPath;
import java.util.Optional;

/** MAIL: starts a transaction. */
final class MailCommand extends SmtpCommand {
  private static final String FROM = "FROM:";

  MailCommand() {
    super(Verb.MAIL);
  }

  @Override
  void run(Conversation conversation, String argument) {
    conversation.mailComes();
    if (conversation.helo().isEmpty()) {
      conversation.refuse(Reply.HELLO_FIRST);
      return;
    }
    if (conversation.door().config().auth().required() && conversation.account().isEmpty()) {
      conversation.refuse(Reply.NEEDS_AUTH);
      return;
    }
    if (conversation.transaction().isPresent()) {
      conversation.refuse(Reply.NESTED_MAIL);
      return;
    }
    int start = pathStart(argument, FROM);
    if (start < 0) {
      conversation.refuse(Reply.MAIL_SYNTAX);
      return;
    }
    Optional<SmtpPath> path = SmtpPath.parse(argument, start);
    if (path.isEmpty() || !path.get().hasDomain()) {
      conversation.refuse(Reply.BAD_SENDER);
      return;
    }
    MailParameters parameters =
        new MailParameters(conversation.door().keepers().gate().isPresent());
    Reply read = parameters.read(argument.substring(path.get().end()));
    if (read != Reply.OK) {
      conversation.refuse(read);
    } else if (path.get().needsUtf8() && !parameters.smtpUtf8()) {
      conversation.reply(Reply.NEEDS_UTF8);
    } else if (parameters.size() > conversation.door().config().maxMessageBytes()) {
      conversation.reply(Reply.TOO_LARGE);
    } else {
      begin(conversation, path.get().address(), parameters);
    }
  }

  private static void begin(Conversation conversation, String sender, MailParameters parameters) {
    Guidance guidance = Guidance.NONE;
    Optional<ConfigHook> hook = conversation.door().keepers().hook();
    if (hook.isPresent()) {
      // Replies to commands that were pipelined before are the client's to have meanwhile.
      conversation.wire().flush();
      try {
        guidance =
            hook.get()
                .ask(conversation.submitter(parameters.smtpUtf8()).handed(sender))
                .checked(parameters.smtpUtf8());
      } catch (GuidanceException e) {
        conversation.reply(Reply.of(e.code(), e.enhanced(), e.text()));
        return;
      }
    }
    conversation.begin(
        new Transaction(
            guidance.sender().orElse(sender),
            parameters.eightBit(),
            parameters.smtpUtf8(),
            guidance,
            conversation.heap()));
    conversation.reply(Reply.SENDER_OK);
  }

  /**
   * Where the path begins after the keyword; blanks between are let pass. -1 where the keyword is
   * not there.
   */
  static int pathStart(String argument, String keyword) {
    if (!argument.regionMatches(true, 0, keyword, 0, keyword.length())) {
      return -1;
    }
    int start = keyword.length();
    while (start < argument.length() && argument.charAt(start) == ' ') {
      start++;
    }
    return start;
  }
}
