package io.mailraft.node.smtp;

import java.util.Locale;
import java.util.Optional;

/**
 * BDAT: takes one chunk of the content, and with the last one hands the message over (RFC 3030).
 *
 * <p>The chunk follows the command at once, so it is consumed whatever the answer will be. Where
 * its size cannot be read, nobody knows where the next command begins, and the connection is
 * closed.
 */
final class BdatCommand extends SmtpCommand {
  private static final int LONG_DIGITS_MAX = 18;

  BdatCommand() {
    super(Verb.BDAT);
  }

  @Override
  void run(Conversation conversation, String argument) {
    int blank = argument.indexOf(' ');
    long size = size(blank < 0 ? argument : argument.substring(0, blank));
    String rest = blank < 0 ? "" : argument.substring(blank).strip().toUpperCase(Locale.ROOT);
    boolean last = rest.equals("LAST");
    if (size < 0 || !(last || rest.isEmpty())) {
      conversation.refuseAndFinish(Reply.BDAT_SYNTAX);
      return;
    }
    Optional<Transaction> open = conversation.transaction();
    if (open.isEmpty() || open.get().acceptedRecipients() == 0) {
      conversation.wire().deadline(conversation.door().config().dataTimeout().toNanos());
      if (consume(conversation, Optional.empty(), size)) {
        if (open.isEmpty()) {
          conversation.refuseWithoutMail(Reply.NO_TRANSACTION);
        } else {
          conversation.refuse(Reply.RCPT_FIRST);
        }
      }
      return;
    }
    Transaction transaction = open.get();
    Intake intake = transaction.intake().orElseGet(() -> transaction.open(conversation, false));
    conversation.wire().deadlineAt(intake.deadlineNanoTime());
    if (!consume(conversation, Optional.of(intake), size)) {
      return; // A chunk that broke off commits nothing: the session has ended, and its upload with
      // it.
    }
    if (last || intake.refused()) {
      // A refused chunk ends the transaction: what is pipelined behind it is consumed and answered
      // 503.
      Reply answer = intake.commit();
      conversation.endTransaction();
      conversation.contentTaken();
      conversation.reply(answer);
    } else {
      conversation.reply(Reply.of(250, "2.0.0", size + " octets received"));
    }
  }

  /** Consumes the chunk; false where the input ended inside it, and the session with it. */
  private static boolean consume(Conversation conversation, Optional<Intake> intake, long size) {
    Wire wire = conversation.wire();
    long left = size;
    while (left > 0) {
      if (wire.start() == wire.end() && !wire.fill(false)) {
        conversation.endOfInput();
        return false;
      }
      int count = (int) Math.min(left, wire.end() - wire.start());
      int end = wire.start() + count;
      if (intake.isPresent()) {
        intake.get().take(wire.input(), wire.start(), end);
      }
      wire.consumeTo(end);
      left -= count;
    }
    wire.noDeadline();
    return true;
  }

  private static long size(String digits) {
    if (digits.isEmpty() || digits.length() > LONG_DIGITS_MAX) {
      return -1;
    }
    long size = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      size = size * 10 + digit;
    }
    return size;
  }
}
