package io.mailraft.ops.admin;

/** A node answered that it cannot use what it was asked; the message is the node's. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  RefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
