package io.mailraft.node.smtp;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** DATA: takes the content up to the final dot, then hands the message over. */
final class DataCommand extends SmtpCommand {
  private static final byte[] START =
      "354 End data with <CR><LF>.<CR><LF>\r\n".getBytes(StandardCharsets.US_ASCII);

  DataCommand() {
    super(Verb.DATA);
  }

  @Override
  void run(Conversation conversation, String argument) {
    Optional<Transaction> open = conversation.transaction();
    if (!argument.isEmpty()) {
      conversation.refuse(Reply.NO_ARGUMENT);
    } else if (open.isEmpty()) {
      conversation.refuseWithoutMail(Reply.MAIL_FIRST);
    } else if (open.get().intake().isPresent()) {
      conversation.endTransaction();
      conversation.refuse(Reply.BDAT_BEGUN);
    } else if (open.get().acceptedRecipients() == 0) {
      conversation.refuse(Reply.RCPT_FIRST);
    } else {
      take(conversation, open.get());
    }
  }

  private static void take(Conversation conversation, Transaction transaction) {
    Wire wire = conversation.wire();
    wire.write(START);
    Intake intake = transaction.open(conversation, true);
    wire.deadlineAt(intake.deadlineNanoTime());
    while (true) {
      if (wire.start() == wire.end() && !wire.fill(false)) {
        conversation.endOfInput();
        return;
      }
      int next = intake.take(wire.input(), wire.start(), wire.end());
      if (next >= 0) {
        wire.consumeTo(next);
        break;
      }
      wire.consumeAll();
    }
    wire.noDeadline();
    Reply answer = intake.commit();
    conversation.endTransaction();
    conversation.contentTaken();
    conversation.reply(answer);
  }
}
