package io.mailraft.queue.link;

/** A node of the cluster is of an older version, which could not apply the record. */
public final class OlderNodeException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param message for operators: what waits for which nodes
   */
  public OlderNodeException(String message) {
    super(message);
  }
}
