package io.mailraft.node.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Counts attempts that came to nothing, for each of a bounded number of clients or accounts. The
 * window begins with the first attempt of one that is not there.
 *
 * @param <K> what is counted for
 */
final class FailureTable<K> {
  private static final int KEYS_MAX = 100_000;

  /** Most attempts that are being looked at; by so many can a limit be overrun. */
  private static final int UNDER_WAY_MAX = 256;

  private static final Duration SOON = Duration.ofSeconds(1);

  private final int failuresMax;
  private final long windowNanos;
  private final LongSupplier nanoTime;
  private final Cache<K, Counter> counters;

  FailureTable(int failuresMax, Duration window, LongSupplier nanoTime) {
    this.failuresMax = failuresMax;
    this.windowNanos = window.toNanos();
    this.nanoTime = nanoTime;
    this.counters =
        Caffeine.newBuilder()
            .maximumSize(KEYS_MAX)
            .expireAfterWrite(window)
            .ticker(nanoTime::getAsLong)
            .build();
  }

  /** What is known of one key. */
  final class Counter {
    private final long beginNanos = nanoTime.getAsLong();
    private int failures;
    private int underWay;

    /** Begins an attempt, or says how long to wait with it. */
    synchronized Optional<Duration> begin() {
      if (failures >= failuresMax) {
        long left = beginNanos + windowNanos - nanoTime.getAsLong();
        return Optional.of(Duration.ofSeconds(Math.max(1, Duration.ofNanos(left).toSeconds() + 1)));
      }
      if (underWay >= UNDER_WAY_MAX) {
        return Optional.of(SOON);
      }
      underWay++;
      return Optional.empty();
    }

    /** Ends an attempt. */
    synchronized void end(boolean failed) {
      underWay--;
      if (failed) {
        failures++;
      }
    }
  }

  Counter of(K key) {
    return counters.get(key, _ -> new Counter());
  }
}
