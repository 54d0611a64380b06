package io.mailraft.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many sends may start in a time, like {@code 600/minute}.
 *
 * @param count sends, 1 to 1,000,000,000
 * @param period the time: a second, a minute, an hour or a day
 */
public record Rate(int count, Duration period) {
  private static final Pattern FORM =
      Pattern.compile("([1-9][0-9]{0,9}) ?/ ?(second|minute|hour|day)");
  private static final int COUNT_MAX = 1_000_000_000;

  /**
   * Reads {@code 600/minute}.
   *
   * @throws IllegalArgumentException if the text is no rate; the message says what would be right
   */
  public static Rate parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) > COUNT_MAX) {
      throw new IllegalArgumentException(
          Problems.quoted(text)
              + " is not a rate; write a number of 1 to "
              + COUNT_MAX
              + " and second, minute, hour or day, like 600/minute");
    }
    Duration period =
        switch (matcher.group(2)) {
          case "second" -> Duration.ofSeconds(1);
          case "minute" -> Duration.ofMinutes(1);
          case "hour" -> Duration.ofHours(1);
          default -> Duration.ofDays(1);
        };
    return new Rate(Integer.parseInt(matcher.group(1)), period);
  }

  /** Time between two sends of an even flow, nanoseconds. */
  public double spacingNanos() {
    return (double) period.toNanos() / count;
  }

  @Override
  public String toString() {
    String unit =
        switch ((int) period.toSeconds()) {
          case 1 -> "second";
          case 60 -> "minute";
          case 3600 -> "hour";
          default -> "day";
        };
    return count + "/" + unit;
  }
}
