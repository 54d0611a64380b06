package io.mailraft.delivery;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a zone holds of one domain's claims, and how fast they end. Everything but the two counters
 * is guarded by the zone's lock.
 */
final class Portion {
  private final String domain;
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicLong ended = new AtomicLong();

  /** Claims that wait at a site. */
  int waiting;

  /** The site that its claims went to last. */
  Optional<Site> site = Optional.empty();

  /** The limit that {@link Appetite} was told; empty where there is none. */
  Optional<Integer> limit = Optional.empty();

  /** When the limit was first told since the domain was last free. */
  long limitedNanos;

  /** Since when the limit would be a little less; empty if it would not. */
  Optional<Long> lessNanos = Optional.empty();

  /** When a claim of it was last held, as far as was looked. */
  long heldNanos;

  /** How often it was limited soon after it had been freed. */
  int relapses;

  /** When it was freed last; empty if it never was limited. */
  Optional<Long> freedNanos = Optional.empty();

  private double endedPerSecond;
  private long endedSeen;
  private long seenNanos;

  Portion(String domain, long nowNanos) {
    this.domain = domain;
    this.seenNanos = nowNanos;
    this.heldNanos = nowNanos;
  }

  String domain() {
    return domain;
  }

  /** Claims without an outcome. */
  int held() {
    return held.get();
  }

  void took() {
    held.incrementAndGet();
  }

  void ended() {
    ended.incrementAndGet();
    held.decrementAndGet();
  }

  /** Claims that are with a remote, or whose route is being looked for. */
  int underWay() {
    return Math.max(0, held.get() - waiting);
  }

  /** How many of its claims end in a second; an average of the last seconds. */
  double endedPerSecond(long nowNanos) {
    double seconds = (nowNanos - seenNanos) / 1e9;
    if (seconds >= 0.5) {
      long count = ended.get();
      double present = (count - endedSeen) / seconds;
      double weight = Math.min(1, seconds / 2);
      endedPerSecond += (present - endedPerSecond) * weight;
      endedSeen = count;
      seenNanos = nowNanos;
    }
    return endedPerSecond;
  }
}
