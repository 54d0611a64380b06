package io.mailraft.node.http.mail;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.access.GuidanceException;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.mime.HeaderLines;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.submit.Accepted;
import io.mailraft.node.submit.ClientEnvelope;
import io.mailraft.node.submit.ContentException;
import io.mailraft.node.submit.Destination;
import io.mailraft.node.submit.IncomingMessage;
import io.mailraft.node.submit.Submitter;
import io.mailraft.node.submit.Terms;
import io.mailraft.queue.QueueException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * One message on its way from an HTTP request into the queue: its content is written to it, then it
 * is committed with its envelope. Closed without a commit it leaves nothing. Lines may end in LF.
 */
public final class MailIntake implements AutoCloseable {
  private static final Duration LATER = Duration.ofSeconds(5);
  private static final int BLOCK_BYTES = 16 << 10;

  /** What a byte of the header section's copy becomes: two of those, text, and its fields. */
  private static final int HEAP_PER_BYTE = 5;

  private final Front front;
  private final Caller caller;
  private final LineEnds lines;
  private final IncomingMessage message;
  private final ByteArrayOutputStream headerCopy = new ByteArrayOutputStream();
  private final boolean keepsHeaders;
  private final HeapShare heap;

  /**
   * @param keepsHeaders whether {@link #headerLines} will be asked for
   * @param heap what the header section and its copy may take of it
   */
  public MailIntake(Front front, Caller caller, Terms terms, boolean keepsHeaders, HeapShare heap) {
    this.front = front;
    this.caller = caller;
    this.heap = heap;
    this.keepsHeaders = keepsHeaders;
    this.lines = new LineEnds(front.limits().maxLineBytes(), this::content);
    // Whom a message is from may be known by its headers alone, so not before they have ended.
    this.message = new IncomingMessage(front.entrance(), front.limits().hostname(), terms, heap);
  }

  /** Takes the next bytes of the message. */
  private void write(byte[] block, int offset, int count) throws IOException {
    lines.write(block, offset, count);
  }

  /**
   * Takes a whole message from a stream.
   *
   * @throws QueueException if the queue refuses it
   * @throws IOException if the stream breaks, or the message cannot be taken
   */
  public void copy(InputStream in) throws IOException, QueueException {
    byte[] block = new byte[BLOCK_BYTES];
    try {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        write(block, 0, count);
      }
    } catch (UnstoredException e) {
      throw e.refusal();
    }
  }

  /** Writes a message. */
  @FunctionalInterface
  public interface Writer {
    /** Writes all of it. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Takes a whole message from whoever writes it.
   *
   * @throws QueueException if the queue refuses it
   * @throws IOException if the message cannot be taken, or what the writer throws
   */
  public void copy(Writer writer) throws IOException, QueueException {
    BlockOutput out = new BlockOutput(this::write);
    try {
      writer.writeTo(out);
      out.flush();
    } catch (UnstoredException e) {
      throw e.refusal();
    }
  }

  /** Content with its line ends in order. */
  private void content(byte[] block, int offset, int count) throws IOException {
    try {
      int header = message.write(block, offset, count);
      if (keepsHeaders) {
        InputException.take(heap, (long) HEAP_PER_BYTE * header, () -> "the header section");
        headerCopy.write(block, offset, header);
      }
    } catch (ContentException e) {
      throw refused(e);
    } catch (QueueException e) {
      throw new UnstoredException(e);
    }
  }

  private InputException refused(ContentException e) {
    return switch (e.fault()) {
      case TOO_LARGE ->
          new InputException(
              Fault.TOO_LARGE,
              "the message is larger than the "
                  + front.maxMessageBytes()
                  + " bytes that are allowed",
              e);
      case HEADER_TOO_LARGE ->
          new InputException(
              Fault.TOO_LARGE,
              "the header section is larger than the "
                  + front.limits().maxHeaderBytes()
                  + " bytes that are allowed",
              e);
      case MAIL_LOOP ->
          new InputException(
              Fault.MAIL_LOOP,
              "the message has more than "
                  + front.limits().maxReceivedHeaders()
                  + " Received headers: a loop",
              e);
    };
  }

  /** Whether nothing has been written. */
  public boolean isEmpty() {
    return message.bytes() == 0;
  }

  /** The header section as it came in, Bcc and all; complete once the content is. */
  public HeaderLines headerLines() {
    return HeaderLines.parse(headerCopy.toByteArray(), headerCopy.size());
  }

  /**
   * Ends the content.
   *
   * @throws QueueException if the queue refuses it
   * @throws InputException if the content cannot end here
   */
  public void end() throws IOException, QueueException {
    try {
      lines.end();
      message.end();
    } catch (ContentException e) {
      throw refused(e);
    } catch (UnstoredException e) {
      throw e.refusal();
    }
  }

  /**
   * Hands the message over. Returns once a majority has it on disk (I1).
   *
   * @throws QueueException if it is known that this did not happen, or not known that it did
   * @throws InputException if there are too many recipients
   * @throws RefusedException if the user's own application refuses it, or cannot be asked
   */
  public Accepted commit(MailEnvelope mail) throws IOException, QueueException {
    check(mail, front);
    Submitter submitter = caller.submitter();
    ClientEnvelope envelope =
        new ClientEnvelope(
            mail.sender(),
            mail.recipients().stream()
                .map(mailbox -> new Destination(mailbox.address(), mailbox.domain()))
                .toList(),
            lines.eightBit(),
            mail.smtpUtf8());
    Accepted accepted = message.submit(submitter, envelope, guidance(submitter, mail));
    front.meters().accepted(accepted);
    return accepted;
  }

  /**
   * Checks the number and the length of recipients.
   *
   * @throws InputException if there are more than the listener takes
   */
  public static void check(MailEnvelope mail, Front front) throws InputException {
    if (mail.recipients().size() > front.maxRecipients()) {
      throw new InputException(
          Fault.TOO_MANY_RECIPIENTS,
          "the message has "
              + mail.recipients().size()
              + " recipients; "
              + front.maxRecipients()
              + " are allowed");
    }
    long bytes =
        mail.recipients().stream()
            .mapToLong(mailbox -> new Destination(mailbox.address(), mailbox.domain()).bytes())
            .sum();
    if (bytes > Destination.TOGETHER_BYTES_MAX) {
      throw new InputException(
          Fault.TOO_MANY_RECIPIENTS,
          "the recipients' addresses are too long together for one message: " + bytes + " bytes");
    }
  }

  private Guidance guidance(Submitter submitter, MailEnvelope mail) throws RefusedException {
    if (front.hook().isEmpty()) {
      return Guidance.NONE;
    }
    try {
      return front.hook().get().ask(submitter.handed(mail.sender())).checked(mail.smtpUtf8());
    } catch (GuidanceException e) {
      throw e.isTemporary()
          ? new RefusedException(
              HttpStatus.SERVICE_UNAVAILABLE, "TryLater", e.text(), Optional.of(LATER))
          : new RefusedException(HttpStatus.FORBIDDEN, "Refused", e.text());
    }
  }

  /** Gives the message up, unless it was committed. */
  @Override
  public void close() {
    message.close();
  }
}
