package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;

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

  private final int max;
  private int named;

  private AddressLimit(int max) {
    this.max = max;
  }

  /** The limit of one message. */
  public static AddressLimit of(int maxRecipients) {
    return new AddressLimit(2 * Math.max(RECIPIENTS_LEAST, maxRecipients) + OTHERS);
  }

  /** The limit of a list that stands alone. */
  static AddressLimit usual() {
    return of(RECIPIENTS_LEAST);
  }

  /**
   * Counts one more mailbox or group.
   *
   * @param path where it comes from, for the refusal
   * @throws InputException if it is one too many
   */
  void count(String path) throws InputException {
    if (++named > max) {
      throw new InputException(
          Fault.TOO_MANY_RECIPIENTS, path + ": the message names more than " + max + " addresses");
    }
  }
}
