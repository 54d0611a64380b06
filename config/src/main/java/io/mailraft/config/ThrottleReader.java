package io.mailraft.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the section {@code throttles}. */
final class ThrottleReader {
  private static final int THROTTLES_MAX = 100_000;
  private static final int CONNECTIONS_MAX = 100_000;
  private static final int BURST_MAX = 1_000_000_000;

  private ThrottleReader() {}

  static Throttles throttles(Section section) {
    List<String> keys = section.keys();
    if (keys.size() > THROTTLES_MAX) {
      section.refuse(keys.get(THROTTLES_MAX), "more than " + THROTTLES_MAX + " throttles");
      return Throttles.NONE;
    }
    Map<String, Throttle> entries = new LinkedHashMap<>();
    Map<String, String> writtenByEntry = new HashMap<>();
    for (String written : keys) {
      Optional<String> entry = entry(section, written);
      Throttle throttle = throttle(entry.orElse(written), written, section);
      if (entry.isEmpty()) {
        continue;
      }
      String first = writtenByEntry.putIfAbsent(entry.get(), written);
      if (first == null) {
        entries.put(entry.get(), throttle);
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
    return new Throttles(entries);
  }

  /** The key in its one spelling; empty where it is no pattern, which is noted. */
  private static Optional<String> entry(Section section, String written) {
    if (written.equals(Throttle.DEFAULT)) {
      return Optional.of(written);
    }
    boolean mx = written.startsWith(Throttle.MX);
    try {
      String pattern =
          DomainPattern.parse(mx ? written.substring(Throttle.MX.length()) : written).toString();
      String entry = mx ? Throttle.MX + pattern : pattern;
      if (!entry.equals(Throttle.DEFAULT)) {
        return Optional.of(entry);
      }
      section.refuse(written, "write default, in lower case");
    } catch (IllegalArgumentException e) {
      section.refuse(
          written,
          "a throttle is for a domain, like example.com or *.example.com, for MX hosts, like"
              + " mx:*.example.net, or for all others: default");
    }
    return Optional.empty();
  }

  private static Throttle throttle(String entry, String written, Section throttles) {
    Section section = throttles.section(written);
    Optional<Rate> rate = section.value("rate", Rate::parse);
    Throttle throttle =
        new Throttle(
            entry,
            rate,
            section.integer("burst", rate.map(Throttle::defaultBurst).orElse(1), 1, BURST_MAX),
            section.has("connections")
                ? OptionalInt.of(section.integer("connections", 1, 1, CONNECTIONS_MAX))
                : OptionalInt.empty(),
            section.word("per", Throttle.Scope.CLUSTER, Throttle.Scope.class));
    section.end();
    if (section.has("burst") && !section.has("rate")) {
      section.refuse("burst", "is part of a rate, and there is none; give rate too");
    } else if (section.isShaped() && !section.has("rate") && !section.has("connections")) {
      throttles.refuse(
          written, "limits nothing; give rate, like 600/minute, or connections, or both");
    }
    return throttle;
  }
}
