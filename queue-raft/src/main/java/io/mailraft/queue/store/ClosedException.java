package io.mailraft.queue.store;

/**
 * A database, or a frozen state of one, that was closed before it was read: nothing is wrong with
 * it.
 */
public final class ClosedException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ClosedException(String message) {
    super(message);
  }
}
