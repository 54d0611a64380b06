package io.mailraft.queue.raft;

/**
 * An entry that this version cannot apply. The replica stops before it, takes no snapshot and keeps
 * its files.
 */
public final class FoldException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FoldException(String message) {
    super(message);
  }

  public FoldException(String message, Throwable cause) {
    super(message, cause);
  }
}
