package io.mailraft.ops.admin;

/** A node that did not answer a call. The message is one line that names its address. */
public final class UnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
