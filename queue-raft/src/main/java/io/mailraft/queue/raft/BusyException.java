package io.mailraft.queue.raft;

/** A proposal to a group for which too much waits already. */
public final class BusyException extends Exception {
  private static final long serialVersionUID = 1L;

  public BusyException(String message) {
    super(message);
  }
}
