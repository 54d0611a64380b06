package io.mailraft.delivery;

import java.util.Optional;

/**
 * From where to where an attempt went, for its outcome.
 *
 * @param source local address; empty where no connection was opened
 * @param host remote host and address; empty where there is none
 * @param attempt what was found there; empty where no transaction had begun
 */
record Hop(String source, String host, Optional<Attempt> attempt) {

  /** No host was reached. */
  static final Hop NONE = new Hop("", "");

  Hop(String source, String host) {
    this(source, host, Optional.empty());
  }
}
