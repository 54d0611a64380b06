package io.mailraft.ops.torture;

import java.time.Duration;

/**
 * How long a run waits before something that does not come is a finding.
 *
 * @param recovery for a node to be ready or to rejoin, and for a message to be taken
 * @param ended for all mail to end, once the faults are over
 * @param stall for the next of it to end
 * @param settled for the queue to say that it is empty, and for replicas to answer
 * @param hangs whether the sink hangs at times; such a host is left alone for a minute, for which
 *     {@code stall} must have room
 */
public record Patience(
    Duration recovery, Duration ended, Duration stall, Duration settled, boolean hangs) {
  /**
   * So long that only what hangs exceeds it, also with five nodes on a machine of two busy cores.
   */
  public static final Patience LONG =
      new Patience(
          Duration.ofMinutes(3),
          Duration.ofMinutes(4),
          Duration.ofSeconds(80),
          Duration.ofSeconds(60),
          true);

  /** For runs that must find something. */
  public static final Patience SHORT =
      new Patience(
          Duration.ofSeconds(60),
          Duration.ofSeconds(90),
          Duration.ofSeconds(25),
          Duration.ofSeconds(20),
          false);
}
