package io.mailraft.delivery;

import java.time.Duration;

/** Where outcomes are reported. */
@FunctionalInterface
public interface Outcomes {

  /**
   * Takes an outcome. On return a {@link Outcome.Delivered} is in the local journal and survives
   * the process (I6). Does not wait for the shard. Called from event loops: never blocks for longer
   * than an append to a file.
   */
  void report(Outcome outcome);

  /**
   * Takes an outcome with how long its attempt took: from the start of its transaction, or, where
   * none began, from when the claim came. Otherwise the same.
   */
  default void report(Outcome outcome, Duration took) {
    report(outcome);
  }
}
