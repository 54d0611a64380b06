package io.mailraft.config;

import java.util.Optional;
import java.util.OptionalInt;

/** Reads the section {@code throttles}. */
final class ThrottleReader {
  private static final int CONNECTIONS_MAX = 100_000;
  private static final int BURST_MAX = 1_000_000_000;

  private ThrottleReader() {}

  static Throttles throttles(Section section) {
    return new Throttles(
        SpelledEntries.read(
            section, "throttles", ThrottleReader::pattern, ThrottleReader::throttle));
  }

  private static String pattern(String written) {
    boolean mx = written.startsWith(Throttle.MX);
    try {
      String pattern =
          DomainPattern.parse(mx ? written.substring(Throttle.MX.length()) : written).toString();
      return mx ? Throttle.MX + pattern : pattern;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "a throttle is for a domain, like example.com or *.example.com, for MX hosts, like"
              + " mx:*.example.net, or for all others: default",
          e);
    }
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
