package io.mailraft.queue.throttle;

import io.mailraft.config.ClusterSettings;
import io.mailraft.config.Rate;
import io.mailraft.config.Throttle;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A rate as slots: one each {@code spacing}, each good for {@code lateness} after its time.
 *
 * @param spacingNanos time between slots, 1 at least
 * @param latenessNanos for how long after its time a slot may be used
 * @param budget of a warm-up's day: so many slots in all, whenever they are used; empty for a rate
 */
public record Pace(long spacingNanos, long latenessNanos, OptionalLong budget) {
  /** The budget of a day without a limit. */
  static final long UNLIMITED = Long.MAX_VALUE / 2;

  /** A rate. */
  public Pace(long spacingNanos, long latenessNanos) {
    this(spacingNanos, latenessNanos, OptionalLong.empty());
  }

  /** Least lateness that nodes can keep to: it covers their question and a scheduler's hiccup. */
  private static final double LATENESS_MIN_NANOS = 100_000_000;

  /** Where slots are far apart more is spared for it: this part of the spacing, up to a second. */
  private static final double LATENESS_PART = 0.05;

  private static final Duration MIDNIGHT = Duration.ofMinutes(10);
  private static final double LATENESS_PART_MAX_NANOS = 1_000_000_000;

  /** No burst counts for more than a year's pause. */
  private static final long LATENESS_MAX_NANOS = Duration.ofDays(365).toNanos();

  /** How zone counters begin. */
  private static final String ZONE = Throttle.zoneCounter("");

  /**
   * The pace of a rate and a burst of 1 or more. A burst that is worth less than 100 ms, or than a
   * twentieth of a long spacing, makes the spacing wider by what lacks, so that the bound holds all
   * the same.
   */
  public static Pace of(Rate rate, int burst) {
    double lateness = (burst - 1) * rate.spacingNanos();
    double least =
        Math.clamp(
            rate.spacingNanos() * LATENESS_PART, LATENESS_MIN_NANOS, LATENESS_PART_MAX_NANOS);
    double widening = Math.max(0, least - lateness);
    return new Pace(
        (long) Math.ceil(rate.spacingNanos() + widening),
        (long) Math.min((double) LATENESS_MAX_NANOS, Math.floor(lateness + widening)));
  }

  /**
   * The pace of a counter by the cluster document; empty where it has no rate, and for a day that
   * is not this one. A warm-up that the document does not have gives nothing today.
   *
   * @param now wall clock, which tells the day; ten minutes before and after midnight two days
   *     count
   */
  public static Optional<Pace> of(ClusterSettings settings, String counter, Instant now) {
    String entry = Throttle.entryOf(counter);
    if (entry.startsWith(Throttle.WARM_UP)) {
      return warmUp(settings, entry, counter.substring(entry.length()), now);
    }
    if (entry.startsWith(ZONE)) {
      return Optional.ofNullable(settings.zones().get(entry.substring(ZONE.length())))
          .flatMap(zone -> zone.throttle())
          .map(rate -> of(rate, Throttle.defaultBurst(rate)));
    }
    return settings
        .throttles()
        .entry(entry)
        .flatMap(throttle -> throttle.rate().map(rate -> of(rate, throttle.burst())));
  }

  /** What a day's name begins with, behind the counter's. */
  private static final String DAY = " day=";

  /** The name of a warm-up's counter for the day of that moment, in UTC. */
  public static String dated(String warmUpCounter, Instant now) {
    return warmUpCounter + DAY + LocalDate.ofInstant(now, ZoneOffset.UTC).toEpochDay();
  }

  private static Optional<Pace> warmUp(
      ClusterSettings settings, String entry, String day, Instant now) {
    boolean today =
        dated("", now.minus(MIDNIGHT)).equals(day) || dated("", now.plus(MIDNIGHT)).equals(day);
    if (!today) {
      return Optional.empty();
    }
    LocalDate date = LocalDate.ofEpochDay(Long.parseLong(day.substring(DAY.length())));
    return settings.zones().values().stream()
        .flatMap(zone -> zone.pool().sources().stream())
        .filter(source -> Throttle.warmUpCounter(source.address()).equals(entry))
        .flatMap(source -> source.warmUp().stream())
        .findFirst()
        .map(warmUp -> warmUp.limit(date))
        .map(limit -> limit.isPresent() ? (long) limit.getAsInt() : UNLIMITED)
        // A source that is taken out may come back on the same day: what it has had still counts.
        .or(() -> Optional.of(0L))
        .map(limit -> new Pace(1, LATENESS_MAX_NANOS, OptionalLong.of(limit)));
  }
}
