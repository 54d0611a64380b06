package io.mailraft.delivery;

/** The right to send, by this node's own monotonic clock (I5). */
@FunctionalInterface
public interface Lease {

  /**
   * Whether the lease of this epoch is alive, with a margin. Asked before a connection is opened,
   * before a transaction starts and before the final dot is sent.
   */
  boolean alive(long epoch);
}
