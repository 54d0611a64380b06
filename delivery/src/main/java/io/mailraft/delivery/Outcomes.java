package io.mailraft.delivery;

/** Where outcomes are reported. */
@FunctionalInterface
public interface Outcomes {

  /**
   * Takes an outcome. On return a {@link Outcome.Delivered} is in the local journal and survives
   * the process (I6). Does not wait for the shard. Called from event loops: never blocks for longer
   * than an append to a file.
   */
  void report(Outcome outcome);
}
