package io.mailraft.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads sections whose keys can be spelled in several ways, {@code Example.COM} and {@code
 * example.com}: each entry under its one spelling, or under {@code default}.
 */
final class SpelledEntries {
  /** The key of the entry for all others. */
  private static final String DEFAULT = "default";

  private static final int ENTRIES_MAX = 100_000;

  private SpelledEntries() {}

  /** Reads an entry. */
  @FunctionalInterface
  interface Reader<T> {
    /**
     * Reads one entry; what is wrong with it is noted in the section.
     *
     * @param entry its key in its one spelling
     * @param written its key as it stands in the section
     */
    T read(String entry, String written, Section section);
  }

  /**
   * Reads all entries of a section.
   *
   * @param plural what they are, for people
   * @param spelling gives a key its one spelling; the exception's message says what it may be
   * @return by key in its one spelling, in the order of the section; empty where there are too many
   */
  static <T> Map<String, T> read(
      Section section, String plural, Function<String, String> spelling, Reader<T> reader) {
    List<String> keys = section.keys();
    if (keys.size() > ENTRIES_MAX) {
      section.refuse(keys.get(ENTRIES_MAX), "more than " + ENTRIES_MAX + " " + plural);
      return Map.of();
    }
    Map<String, T> entries = new LinkedHashMap<>();
    Map<String, String> writtenByEntry = new HashMap<>();
    for (String written : keys) {
      Optional<String> entry = entry(section, written, spelling);
      T value = reader.read(entry.orElse(written), written, section);
      if (entry.isEmpty()) {
        continue;
      }
      String first = writtenByEntry.putIfAbsent(entry.get(), written);
      if (first == null) {
        entries.put(entry.get(), value);
      } else {
        section.refuse(
            written,
            "is "
                + Problems.quoted(first)
                + " in another spelling, which stands in line "
                + section.line(first)
                + "; keep one");
      }
    }
    return entries;
  }

  /** The key in its one spelling; empty where it is of no use, which is noted. */
  private static Optional<String> entry(
      Section section, String written, Function<String, String> spelling) {
    if (written.equals(DEFAULT)) {
      return Optional.of(written);
    }
    try {
      String entry = spelling.apply(written);
      if (!entry.equals(DEFAULT)) {
        return Optional.of(entry);
      }
      section.refuse(written, "write default, in lower case");
    } catch (IllegalArgumentException e) {
      section.refuse(written, String.valueOf(e.getMessage()));
    }
    return Optional.empty();
  }
}
