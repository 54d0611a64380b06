package io.mailraft.ops.torture;

import java.util.Locale;

/** What is looked at, during a run and at its end. */
public enum Check {
  /** I2: every accepted delivery ends. */
  LOST,
  /** I6: it ends once, but for attempts in doubt. */
  DOUBLED,
  /** I3: all recipients or none. */
  PARTIAL,
  /** The content is what was handed in. */
  ALTERED,
  /** Nothing arrives that was not handed in, or that was refused. */
  UNEXPECTED,
  /** The queue is empty once every delivery has its end. */
  DRAINED,
  /** I8: all replicas hold the same state. */
  EQUAL,
  /** After each round nodes are ready, and mail passes through each, within a bound. */
  PROGRESS,
  /** No process ends by itself, or otherwise than what was done to it lets it end. */
  ENDED,
  /** Data that was emptied or damaged is refused, with its remedy, and that mends it. */
  DAMAGE,
  /** A term of a group has one leader at most. */
  LEADERS,
  /** No log tells of something that cannot be. */
  LOG,
  /** Open files, threads and memory are bounded. */
  GROWTH,
  /** The bug that was asked for is planted on one node at least. */
  PLANTED;

  /** The name in reports. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
