package io.mailraft.queue.link;

/** A leader whose disk is nearly full takes nothing that would fill it. */
public final class DiskFullException extends Exception {
  private static final long serialVersionUID = 1L;

  public DiskFullException(String message) {
    super(message);
  }
}
