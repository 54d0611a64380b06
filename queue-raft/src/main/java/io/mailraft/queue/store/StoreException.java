package io.mailraft.queue.store;

/** A database that cannot be read or written. The replica stops and keeps its files. */
public class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }

  public StoreException(String message) {
    super(message);
  }
}
