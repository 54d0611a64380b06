package io.mailraft.node.access;

import java.time.Duration;

/** What is answered to credentials. */
public sealed interface Verdict {
  /** They are those of an account. */
  record Admitted(Account account) implements Verdict {}

  /** They are nobody's. */
  record Denied() implements Verdict {}

  /**
   * Too many attempts came to nothing.
   *
   * @param retryAfter after which others are looked at
   */
  record TooMany(Duration retryAfter) implements Verdict {}

  /** Nobody can tell just now. */
  record Unavailable() implements Verdict {}
}
