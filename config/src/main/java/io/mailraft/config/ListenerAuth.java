package io.mailraft.config;

/**
 * What a listener wants to know of its clients.
 *
 * @param required whether nothing is taken before a client has said who it is; by default beyond
 *     loopback, where accounts are known
 * @param allowPlaintext whether passwords may come without TLS; by default on loopback alone
 */
public record ListenerAuth(boolean required, boolean allowPlaintext) {
  /** Nobody is asked, and whoever speaks up may do so in the clear. */
  public static final ListenerAuth OPTIONAL = new ListenerAuth(false, true);
}
