package io.mailraft.ops.admin;

/** A node answered that it does not do what it was asked; the message is the node's. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What would have to be different. */
  public enum Reason {
    /** What was asked: it cannot be used. */
    INPUT,
    /** What stands in the cluster: there is no such thing, or it is in the way. */
    STATE
  }

  private final Reason reason;

  RefusedException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
