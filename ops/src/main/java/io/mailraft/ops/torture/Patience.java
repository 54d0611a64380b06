package io.mailraft.ops.torture;

import java.time.Duration;

/**
 * How long a run waits before something that does not come is a finding.
 *
 * @param recovery for a node to be ready or to rejoin, and for a message to be taken
 * @param ended for all mail to end, once the faults are over
 * @param stall for the next of it to end: a host that hung is left alone for a minute, and there
 *     are a few retries before and after
 * @param settled for the queue to say that it is empty, and for replicas to answer
 */
public record Patience(Duration recovery, Duration ended, Duration stall, Duration settled) {
  /**
   * So long that only what hangs exceeds it, also with five nodes on a machine of two busy cores.
   */
  public static final Patience LONG =
      new Patience(
          Duration.ofMinutes(3),
          Duration.ofMinutes(4),
          Duration.ofSeconds(80),
          Duration.ofSeconds(60));

  /** For runs that must find something. */
  public static final Patience SHORT =
      new Patience(
          Duration.ofSeconds(60),
          Duration.ofMinutes(2),
          Duration.ofSeconds(80),
          Duration.ofSeconds(20));
}
