package io.mailraft.node.smtp;

import io.mailraft.config.SmtpConfig;
import io.mailraft.node.submit.Accepted;
import io.mailraft.node.submit.ContentException;
import io.mailraft.node.submit.IncomingMessage;
import io.mailraft.node.submit.Terms;
import io.mailraft.queue.QueueException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of one message on its way into the queue.
 *
 * <p>Once the message is refused, for whatever reason, the rest of its content is looked at only to
 * find its end, and the upload is given up. Nothing that happens here is thrown at the command that
 * reads: the content must be consumed before the answer, or it would run as commands.
 */
final class Intake implements ContentSink, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  private static final byte[] CRLF = "\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Conversation conversation;
  private final Transaction transaction;
  private final boolean dotted;
  private final long deadlineNanoTime;
  private final ContentScanner scanner;
  private final IncomingMessage message;
  private Optional<Accepted> accepted = Optional.empty();
  private Optional<Reply> refusal = Optional.empty();

  Intake(Conversation conversation, Transaction transaction, boolean dotted) {
    SmtpConfig config = conversation.door().config();
    this.conversation = conversation;
    this.transaction = transaction;
    this.dotted = dotted;
    this.deadlineNanoTime = System.nanoTime() + config.dataTimeout().toNanos();
    this.scanner = new ContentScanner(dotted, config.maxLineBytes());
    String sender = transaction.sender();
    this.message =
        new IncomingMessage(
            conversation.door().entrance(),
            sender.isEmpty() ? config.hostname() : sender.substring(sender.lastIndexOf('@') + 1),
            Terms.NONE,
            transaction.heap());
  }

  /** Time until which the whole content must be in. See {@link System#nanoTime}. */
  long deadlineNanoTime() {
    return deadlineNanoTime;
  }

  /**
   * Takes a block off the wire.
   *
   * @return where the bytes after the content begin, or -1 if it goes on
   */
  int take(byte[] block, int from, int to) {
    int next = scanner.scan(block, from, to, this);
    checkScanner();
    return next;
  }

  private void checkScanner() {
    switch (scanner.fault()) {
      case NONE -> {}
      case BARE_CR_OR_LF -> refuse(Reply.BARE_IN_CONTENT);
      case NUL -> refuse(Reply.NUL_IN_CONTENT);
      case LINE_TOO_LONG -> refuse(Reply.LINE_TOO_LONG);
    }
  }

  @Override
  public void content(byte[] block, int offset, int count) {
    attempt(() -> message.write(block, offset, count));
  }

  /** A step of the message's way. */
  @FunctionalInterface
  private interface Step {
    void run() throws ContentException, QueueException;
  }

  /** Takes a step, unless the message is refused already; whatever is thrown refuses it. */
  private void attempt(Step step) {
    if (refusal.isPresent()) {
      return;
    }
    try {
      step.run();
    } catch (ContentException e) {
      refuse(
          switch (e.fault()) {
            case TOO_LARGE -> Reply.TOO_LARGE;
            case HEADER_TOO_LARGE -> Reply.HEADER_TOO_LARGE;
            case MAIL_LOOP -> Reply.MAIL_LOOP;
          });
    } catch (QueueException e) {
      QueueException.Reason reason = e.reason();
      LOG.debug("The queue refused a message: {}: {}", reason, e.getMessage());
      refuse(Reply.of(reason.code(), reason.enhanced(), e.text()));
    } catch (RuntimeException e) {
      LOG.error("A message was refused because of an unexpected error", e);
      refuse(Reply.TROUBLE);
    }
  }

  /** Whether the message is refused already. */
  boolean refused() {
    return refusal.isPresent();
  }

  /**
   * Ends the content and hands the message over. Returns once a majority has it, or it is known
   * that it will not (I1).
   *
   * @return the answer to the client
   */
  Reply commit() {
    scanner.end();
    checkScanner();
    if (!dotted && !scanner.atLineStart()) {
      content(CRLF, 0, CRLF.length);
    }
    attempt(message::end);
    attempt(this::submit);
    close();
    SmtpEvents events = conversation.door().events();
    if (accepted.isPresent()) {
      // Yes is said only here: submit has returned, so a majority has the message on disk (I1).
      events.messageAccepted(accepted.get().bytes(), accepted.get().recipients());
      return Reply.of(250, "2.0.0", "Message queued as " + accepted.get().id());
    }
    Reply answer = refusal.orElse(Reply.TROUBLE);
    events.messageRefused(answer.code(), answer.enhanced());
    return answer;
  }

  private void submit() throws QueueException {
    // Replies to commands that were pipelined before are the client's to have, however long the
    // queue takes.
    conversation.wire().flush();
    accepted =
        Optional.of(
            message.submit(
                conversation.submitter(transaction.smtpUtf8()),
                transaction.envelope(scanner.eightBit()),
                transaction.guidance()));
  }

  private void refuse(Reply reply) {
    if (refusal.isEmpty()) {
      refusal = Optional.of(reply);
      close();
    }
  }

  /** Gives the message up, unless it was accepted. */
  @Override
  public void close() {
    message.close();
  }
}
