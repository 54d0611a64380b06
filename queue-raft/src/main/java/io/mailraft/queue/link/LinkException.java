package io.mailraft.queue.link;

/**
 * A node that cannot be reached, or was lost before it answered: what was asked of it may have been
 * done or not.
 */
public final class LinkException extends Exception {
  private static final long serialVersionUID = 1L;

  public LinkException(String message) {
    super(message);
  }

  public LinkException(String message, Throwable cause) {
    super(message, cause);
  }
}
