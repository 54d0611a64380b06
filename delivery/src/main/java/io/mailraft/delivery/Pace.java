package io.mailraft.delivery;

import java.util.concurrent.TimeUnit;

/**
 * A site's own slower pace, after it was asked to go slow: half of what it was, and from there it
 * climbs back, twice as fast every five minutes, until it is where it was. Guarded by the zone's
 * lock.
 */
final class Pace {
  /** Slower than one send in this time it never gets. */
  static final long SPACING_NANOS_MAX = TimeUnit.MINUTES.toNanos(1);

  private static final double DOUBLING_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long HALVING_NANOS_MIN = TimeUnit.SECONDS.toNanos(1);
  private static final double SLOWEST = 1.0 / SPACING_NANOS_MAX;

  private final SendMeter meter = new SendMeter();
  private boolean slowed;

  /** What it was, and what it was last halved to, in sends per nanosecond. */
  private double before;

  private double base;
  private long sinceNanos;
  private double tokens;
  private long filledNanos;

  /** Halves the pace. What comes in the same second as another is the same event. */
  void slowDown(long nowNanos) {
    if (slowed && nowNanos - sinceNanos < HALVING_NANOS_MIN) {
      return;
    }
    double present = slowed(nowNanos) ? perNano(nowNanos) : meter.perNano(nowNanos);
    if (!slowed) {
      before = Math.max(present, 2 * SLOWEST);
      tokens = 0;
      filledNanos = nowNanos;
    }
    slowed = true;
    base = Math.max(present / 2, SLOWEST);
    sinceNanos = nowNanos;
  }

  /** Whether it is slower than it was. */
  boolean slowed(long nowNanos) {
    if (slowed && perNano(nowNanos) >= before) {
      slowed = false;
    }
    return slowed;
  }

  /** Whether it was slower when last looked at. */
  boolean inForce() {
    return slowed;
  }

  /** When it was last halved, by the monotonic clock. */
  long sinceNanos() {
    return sinceNanos;
  }

  private double perNano(long nowNanos) {
    return base * Math.pow(2, (nowNanos - sinceNanos) / DOUBLING_NANOS);
  }

  /** Sends that may start now, of so many. */
  int available(int most, long nowNanos) {
    if (!slowed(nowNanos)) {
      return most;
    }
    double perNano = perNano(nowNanos);
    double depth = Math.max(1, perNano * TimeUnit.SECONDS.toNanos(1));
    tokens = Math.min(depth, tokens + (nowNanos - filledNanos) * perNano);
    filledNanos = nowNanos;
    return (int) Math.min(most, tokens);
  }

  /** So many sends have started. */
  void spend(int sends, long nowNanos) {
    meter.count(sends, nowNanos);
    if (slowed) {
      tokens -= sends;
    }
  }

  /** When another send may start, where {@link #available} was 0. */
  long nextNanos(long nowNanos) {
    return nowNanos + (long) Math.ceil((1 - tokens) / perNano(nowNanos));
  }

  /** Sends per nanosecond over the last minute or two. */
  private static final class SendMeter {
    private static final long SPAN_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long SPAN_NANOS_MIN = TimeUnit.SECONDS.toNanos(1);

    private long startNanos;
    private boolean started;
    private long present;
    private double last;

    void count(int sends, long nowNanos) {
      turn(nowNanos);
      present += sends;
    }

    double perNano(long nowNanos) {
      turn(nowNanos);
      double passed = Math.max(nowNanos - startNanos, SPAN_NANOS_MIN);
      double now = present / passed;
      return passed >= SPAN_NANOS / 4.0 || last == 0 ? now : last;
    }

    private void turn(long nowNanos) {
      if (!started) {
        started = true;
        startNanos = nowNanos;
      } else if (nowNanos - startNanos >= SPAN_NANOS) {
        last = present / (double) (nowNanos - startNanos);
        present = 0;
        startNanos = nowNanos;
      }
    }
  }
}
