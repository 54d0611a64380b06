package io.mailraft.node.smtp;

import io.mailraft.node.access.Guidance;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.heap.HeapShare.Taking;
import io.mailraft.node.message.SmtpPath;
import io.mailraft.node.submit.ClientEnvelope;
import io.mailraft.node.submit.Destination;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A mail transaction: from MAIL until its content is accepted or refused, or it is given up. */
final class Transaction implements AutoCloseable {
  /** A recipient has no more. */
  private static final int RECIPIENT_BYTES = 1024;

  /** What a recipient takes of the heap beside its address, in bytes, and for each byte of that. */
  private static final int HEAP_EACH = 256;

  private static final int HEAP_PER_BYTE = 3;

  private final String sender;
  private final boolean eightBit;
  private final boolean smtpUtf8;
  private final Guidance guidance;
  private final HeapShare heap;
  private final Map<String, Destination> destinations = new LinkedHashMap<>();
  private int acceptedRecipients;
  private int destinationBytes;
  private Optional<Intake> intake = Optional.empty();

  /**
   * @param heap what its recipients and its header section may take of it
   */
  Transaction(
      String sender, boolean eightBit, boolean smtpUtf8, Guidance guidance, HeapShare heap) {
    this.sender = sender;
    this.eightBit = eightBit;
    this.smtpUtf8 = smtpUtf8;
    this.guidance = guidance;
    this.heap = heap;
  }

  /**
   * Takes a recipient. One that is there already is the same delivery (domains compare without
   * case).
   *
   * @return whether there is heap for it
   */
  Taking add(SmtpPath path, String domain) {
    Destination destination = new Destination(path.address(), domain);
    Taking taking = heap.take(HEAP_EACH + HEAP_PER_BYTE * destination.textBytes());
    if (taking != Taking.TAKEN) {
      return taking;
    }
    acceptedRecipients++;
    if (destinations.putIfAbsent(path.localPart() + '@' + domain, destination) == null) {
      destinationBytes += destination.bytes();
    }
    return taking;
  }

  /** What it holds of the heap. */
  HeapShare heap() {
    return heap;
  }

  /** Whether no more recipients fit into one message, few as they may be. */
  boolean full() {
    return destinationBytes + RECIPIENT_BYTES > Destination.TOGETHER_BYTES_MAX;
  }

  /** Number of RCPT commands that were accepted. */
  int acceptedRecipients() {
    return acceptedRecipients;
  }

  /**
   * Whom the message is from and to.
   *
   * @param seenEightBit whether its content has bytes beyond ASCII, declared or not
   */
  ClientEnvelope envelope(boolean seenEightBit) {
    return new ClientEnvelope(
        sender, List.copyOf(destinations.values()), eightBit || seenEightBit, smtpUtf8);
  }

  /** Starts the content. */
  Intake open(Conversation conversation, boolean dotted) {
    Intake opened = new Intake(conversation, this, dotted);
    intake = Optional.of(opened);
    return opened;
  }

  /** The content, where it has started. */
  Optional<Intake> intake() {
    return intake;
  }

  /**
   * Time until which the whole content must be in; empty where it has not started. See {@link
   * System#nanoTime}.
   */
  Optional<Long> contentDeadlineNanoTime() {
    return intake.map(Intake::deadlineNanoTime);
  }

  /** Reverse path without brackets; empty for the null sender. */
  String sender() {
    return sender;
  }

  /** What the user's own application wants done with it. */
  Guidance guidance() {
    return guidance;
  }

  /** Whether SMTPUTF8 was declared. */
  boolean smtpUtf8() {
    return smtpUtf8;
  }

  @Override
  public void close() {
    intake.ifPresent(Intake::close);
    destinations.clear();
    heap.close();
  }
}
