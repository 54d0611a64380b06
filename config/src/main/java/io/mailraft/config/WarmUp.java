package io.mailraft.config;

import java.time.LocalDate;
import java.util.List;
import java.util.OptionalInt;

/**
 * How a new source is made known to receivers: so many sends on each of its first days, counted
 * over the cluster. Days are those of UTC.
 *
 * @param start its first day
 * @param perDay sends on each day from then on; afterwards there is no limit
 */
public record WarmUp(LocalDate start, List<Integer> perDay) {

  public WarmUp {
    perDay = List.copyOf(perDay);
  }

  /** Most sends on a day; 0 before the start, empty once the source is warm. */
  public OptionalInt limit(LocalDate day) {
    long number = day.toEpochDay() - start.toEpochDay();
    if (number < 0) {
      return OptionalInt.of(0);
    }
    return number < perDay.size() ? OptionalInt.of(perDay.get((int) number)) : OptionalInt.empty();
  }
}
