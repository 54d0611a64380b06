package io.mailraft.queue.quota;

import java.time.Duration;

/** A quota has no room for a message in the present window. */
public final class OverQuotaException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Counter counter;
  private final long limit;
  private final transient Duration retryAfter;

  /**
   * @param retryAfter time until the next window begins
   */
  OverQuotaException(Counter counter, long limit, Duration retryAfter) {
    super(counter.name() + " has no room for the message");
    this.counter = counter;
    this.limit = limit;
    this.retryAfter = retryAfter;
  }

  /** What a client is told: without anybody's name. */
  public String words() {
    return "The "
        + (counter.scope() == Counter.Scope.ACCOUNT ? "account" : "sender domain")
        + "'s quota of "
        + limit
        + " "
        + Counter.word(counter.unit())
        + " per "
        + Counter.word(counter.period())
        + " has no room left, try again in "
        + retryAfter.toSeconds()
        + " seconds";
  }

  /** Time until the next window begins, in whole seconds, one at least. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
