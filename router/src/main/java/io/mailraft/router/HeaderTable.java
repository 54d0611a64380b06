package io.mailraft.router;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Header values and the zones that they are of. Values compare whole, without case. Of several
 * headers that match, the one that was added first wins.
 */
final class HeaderTable {
  private record Entry(int position, Match match) {}

  private final Map<String, Map<String, Entry>> values = new HashMap<>();
  private int size;

  /** Adds the values of a zone. Of two zones with an equal one, the first keeps it. */
  void add(String zone, Map<String, List<String>> headers) {
    headers.forEach(
        (name, added) -> {
          for (String value : added) {
            values
                .computeIfAbsent(name, absent -> new HashMap<>())
                .putIfAbsent(
                    lowerCase(value), new Entry(size++, new Match(zone, name + ": " + value)));
          }
        });
  }

  /** The first entry that the message has a header for and whose zone is usable. */
  Optional<Match> find(Headers headers, Predicate<String> usable) {
    if (values.isEmpty()) {
      return Optional.empty();
    }
    List<Entry> found = new ArrayList<>(1);
    headers
        .values(values.keySet())
        .forEach(
            (name, value) -> {
              Entry entry = values.getOrDefault(name, Map.of()).get(lowerCase(value));
              if (entry != null) {
                found.add(entry);
              }
            });
    if (found.isEmpty()) {
      return Optional.empty();
    }
    found.sort(Comparator.comparingInt(Entry::position));
    return found.stream().map(Entry::match).filter(match -> usable.test(match.zone())).findFirst();
  }

  private static String lowerCase(String value) {
    return value.strip().toLowerCase(Locale.ROOT);
  }
}
