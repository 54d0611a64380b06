package io.mailraft.delivery;

/**
 * From where to where an attempt went, for its outcome.
 *
 * @param source local address; empty where no connection was opened
 * @param host remote host and address; empty where there is none
 */
record Hop(String source, String host) {

  /** No host was reached. */
  static final Hop NONE = new Hop("", "");
}
