package io.mailraft.delivery;

import java.util.concurrent.TimeUnit;

/**
 * How many connections a site may have from one source, by its own behaviour: Postfix's idea of
 * concurrency feedback. Guarded by the zone's lock.
 *
 * <p>It starts at one. While nothing goes wrong, each success adds two, up to twice what is in use,
 * so that it is never what keeps a site that works from its share. A failure brings it down to what
 * works, and from then on it grows by one for a windowful of successes, not before some time has
 * passed: whoever says "too many connections" means it.
 */
final class Window {
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int FAILURES_MIN = 3;

  private double size = 1;
  private boolean cautious;
  private long pausedUntilNanos;
  private int failuresInRow;

  /** 1 at least. */
  int size() {
    return (int) size;
  }

  /**
   * A connection was proven, or a message taken.
   *
   * @param connections those in use
   */
  void succeeded(int connections, long nowNanos) {
    failuresInRow = 0;
    if (size > 2 * connections) {
      return;
    }
    if (!cautious) {
      size += 2;
    } else if (nowNanos - pausedUntilNanos >= 0) {
      size += 1 / size;
    }
  }

  /**
   * A connection was not to be had, or the site said 4yz before it knew the recipient.
   *
   * @param others connections that are open beside
   * @return whether so many failed in a row that the site counts as dead
   */
  boolean failed(int others, long nowNanos) {
    cautious = true;
    pausedUntilNanos = nowNanos + PAUSE_NANOS;
    failuresInRow++;
    boolean dead = failuresInRow >= Math.max(FAILURES_MIN, size);
    size = Math.max(1, Math.min(size - 1, others));
    return dead;
  }

  /** The site is to be tried anew from the start. */
  void restart() {
    size = 1;
    failuresInRow = 0;
  }
}
