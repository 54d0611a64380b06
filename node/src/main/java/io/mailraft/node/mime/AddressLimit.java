package io.mailraft.node.mime;

import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import java.util.Optional;

/**
 * How many addresses a message may name, in its header and in its envelope together. Bounds memory:
 * an address of six characters becomes a {@link Mailbox} of many more. How many recipients there
 * are is judged later, once they are told apart.
 */
public final class AddressLimit {
  /** What is let in of recipients though fewer are allowed, so that those can be told apart. */
  private static final int RECIPIENTS_LEAST = 10_000;

  /** For From, Sender and Reply-To. */
  private static final int OTHERS = 1_000;

  /** What a mailbox and what becomes of it take of the heap, in bytes. */
  private static final int HEAP_EACH = 512;

  private final int max;
  private final Optional<HeapShare> heap;
  private int named;

  private AddressLimit(int maxRecipients, Optional<HeapShare> heap) {
    this.max = 2 * Math.max(RECIPIENTS_LEAST, maxRecipients) + OTHERS;
    this.heap = heap;
  }

  /**
   * The limit of one message.
   *
   * @param heap what its mailboxes may take of it
   */
  public static AddressLimit of(int maxRecipients, HeapShare heap) {
    return new AddressLimit(maxRecipients, Optional.of(heap));
  }

  /** The limit of a list that is looked at and let go. */
  static AddressLimit usual() {
    return new AddressLimit(RECIPIENTS_LEAST, Optional.empty());
  }

  /**
   * Counts one more mailbox or group.
   *
   * @param path where it comes from, for the refusal
   * @throws InputException if it is one too many, or there is no heap for it
   */
  void count(String path) throws InputException {
    if (++named > max) {
      throw new InputException(
          Fault.TOO_MANY_RECIPIENTS, path + ": the message names more than " + max + " addresses");
    }
    if (heap.isPresent()) {
      InputException.take(heap.get(), HEAP_EACH, () -> path);
    }
  }
}
