package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The Date of a message (RFC 5322 3.3), from the forms in which applications give it. */
final class MessageDate {
  private static final DateTimeFormatter HEADER =
      DateTimeFormatter.ofPattern("EEE, d MMM uuuu HH:mm:ss xx", Locale.ENGLISH);

  private static final List<DateTimeFormatter> READ =
      List.of(
          DateTimeFormatter.ISO_OFFSET_DATE_TIME,
          DateTimeFormatter.RFC_1123_DATE_TIME,
          new DateTimeFormatterBuilder()
              .parseCaseInsensitive()
              .appendPattern("[EEE, ]d MMM uuuu HH:mm[:ss] ")
              .appendOffset("+HHMM", "GMT")
              .toFormatter(Locale.ENGLISH));

  private MessageDate() {}

  /**
   * Reads a date: ISO 8601 with an offset, or that of RFC 5322.
   *
   * @throws InputException if it is neither
   */
  static String parse(String path, String text) throws InputException {
    for (DateTimeFormatter form : READ) {
      Optional<OffsetDateTime> date = read(form, text.strip());
      if (date.isPresent()) {
        return format(path, date.get());
      }
    }
    throw InputException.field(
        path,
        InputException.quoted(text)
            + " is not a date, like 2026-01-31T12:00:00Z or Sat, 31 Jan 2026 12:00:00 +0000");
  }

  private static Optional<OffsetDateTime> read(DateTimeFormatter form, String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text, form));
    } catch (DateTimeParseException e) {
      return Optional.empty(); // It may be of another form.
    }
  }

  /**
   * The date of a Unix time in milliseconds.
   *
   * @throws InputException if no calendar of mail has it
   */
  static String of(String path, long millis) throws InputException {
    try {
      return format(path, Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      throw InputException.field(path, "is beyond the year 9999");
    }
  }

  private static String format(String path, OffsetDateTime date) throws InputException {
    if (date.getYear() < 1900 || date.getYear() > 9999) {
      throw InputException.field(path, "is not in the years 1900 to 9999");
    }
    // A header has no seconds in its offset.
    OffsetDateTime shown =
        date.getOffset().getTotalSeconds() % 60 == 0
            ? date
            : date.withOffsetSameInstant(ZoneOffset.UTC);
    return HEADER.format(shown);
  }
}
