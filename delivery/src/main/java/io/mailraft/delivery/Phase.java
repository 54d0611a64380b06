package io.mailraft.delivery;

/**
 * What a connection is doing. It reacts to what happens on the connection; all on its event loop.
 *
 * <pre>
 *   Hello -> Idle -> Transaction -> Idle ...
 *   any   -> Leaving (QUIT) -> gone
 *   any   -> gone
 * </pre>
 */
interface Phase {

  /** For what the connection waits, as a part of a sentence. */
  String awaits();

  /** A whole reply has come. */
  void onReply(Reply reply);

  /**
   * The connection is gone, and this phase is over.
   *
   * @param reason why, as a reply
   * @param silent whether the host was too slow
   */
  void onLost(Reply reason, boolean silent);

  /** Whether the end of its time is an orderly end of the connection, too. */
  default boolean leavesOnTimeout() {
    return false;
  }

  /** Whether its time begins anew when it is over. */
  default boolean staysOnTimeout() {
    return false;
  }

  /** The socket takes more. */
  default void onWritable() {}

  /** The TLS handshake has ended. */
  default void onTls(boolean successful, String detail) {}
}
