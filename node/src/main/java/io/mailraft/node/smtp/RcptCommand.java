package io.mailraft.node.smtp;

import io.mailraft.node.message.SmtpPath;
import java.util.Optional;

/** RCPT: adds a recipient to the transaction. */
final class RcptCommand extends SmtpCommand {
  private static final String TO = "TO:";

  RcptCommand() {
    super(Verb.RCPT);
  }

  @Override
  void run(Conversation conversation, String argument) {
    Optional<Transaction> open = conversation.transaction();
    if (open.isEmpty()) {
      conversation.refuseWithoutMail(Reply.MAIL_FIRST);
      return;
    }
    Transaction transaction = open.get();
    if (transaction.intake().isPresent()) {
      conversation.refuse(Reply.BDAT_BEGUN);
      return;
    }
    int start = MailCommand.pathStart(argument, TO);
    if (start < 0) {
      conversation.refuse(Reply.RCPT_SYNTAX);
      return;
    }
    conversation.reply(recipient(conversation, transaction, argument, start));
  }

  /** Addresses of no use are counted against nobody: a long list may hold many. */
  private static Reply recipient(
      Conversation conversation, Transaction transaction, String argument, int start) {
    Optional<SmtpPath> parsed = SmtpPath.parse(argument, start);
    if (parsed.isEmpty() || parsed.get().address().isEmpty()) {
      return Reply.BAD_RECIPIENT;
    }
    SmtpPath path = parsed.get();
    if (!argument.substring(path.end()).isBlank()) {
      return argument.charAt(path.end()) == ' ' ? Reply.UNKNOWN_PARAMETER : Reply.RCPT_SYNTAX;
    }
    if (!path.hasDomain()) {
      return Reply.NO_DOMAIN;
    }
    if (path.needsUtf8() && !transaction.smtpUtf8()) {
      return Reply.NEEDS_UTF8;
    }
    if (transaction.acceptedRecipients() >= conversation.door().config().maxRecipients()
        || transaction.full()) {
      return Reply.TOO_MANY_RECIPIENTS;
    }
    Optional<String> domain = conversation.door().domains().domainOf(path.address());
    if (domain.isEmpty()) {
      return Reply.BAD_DOMAIN;
    }
    return switch (transaction.add(path, domain.get())) {
      case TAKEN -> Reply.RECIPIENT_OK;
      case NOT_NOW -> Reply.BUSY;
      case NEVER -> Reply.TOO_MANY_RECIPIENTS;
    };
  }
}
