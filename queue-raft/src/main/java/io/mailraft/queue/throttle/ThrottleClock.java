package io.mailraft.queue.throttle;

import java.util.function.LongSupplier;

/**
 * This replica's reading of the throttle clock. While the node leads, its own monotonic clock
 * drives it on from where it stood at the takeover. While it follows, the reading is that of the
 * newest decision plus the time since it was applied here, which is later than it was made: so the
 * reading is never ahead of the leader's, and neither is what a takeover goes on from.
 *
 * <p>Each decision sets the reading anew, even back: an estimate that ran ahead of a later leader's
 * clock must not become the clock.
 */
public final class ThrottleClock {
  private final LongSupplier nanoClock;
  private long observedNanos;
  private long observedAt;
  private long takeoverNanos;
  private long takeoverAt;
  private boolean leading;

  /**
   * @param nanoClock monotonic time, nanoseconds
   */
  public ThrottleClock(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.observedAt = nanoClock.getAsLong();
  }

  /** A decision was applied, or loaded. */
  synchronized void observe(long reading) {
    observedNanos = reading;
    observedAt = nanoClock.getAsLong();
  }

  /** This node leads from here on. */
  synchronized void lead() {
    leading = false;
    takeoverNanos = read();
    takeoverAt = nanoClock.getAsLong();
    leading = true;
  }

  synchronized void follow() {
    leading = false;
  }

  /** Nanoseconds that the clock has counted. */
  synchronized long read() {
    long now = nanoClock.getAsLong();
    return leading ? takeoverNanos + (now - takeoverAt) : observedNanos + (now - observedAt);
  }
}
