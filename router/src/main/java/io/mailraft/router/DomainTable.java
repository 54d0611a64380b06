package io.mailraft.router;

import io.mailraft.config.DomainPattern;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Domains and the zones that they are of. The most specific pattern wins: the domain itself, then
 * {@code *.} with most labels.
 *
 * <p>A look-up costs one probe for the domain and one for each number of labels that a pattern with
 * {@code *.} has, however many labels a stranger's domain has.
 */
final class DomainTable {
  private final Map<String, String> exact = new HashMap<>();
  private final Map<String, String> below = new HashMap<>();
  private int belowLabelsMax;

  /** Adds the patterns of a zone. Of two zones with an equal one, the first keeps it. */
  void add(String zone, List<DomainPattern> patterns) {
    for (DomainPattern pattern : patterns) {
      if (pattern.subdomains()) {
        below.putIfAbsent(pattern.domain(), zone);
        belowLabelsMax = Math.max(belowLabelsMax, labels(pattern.domain()));
      } else {
        exact.putIfAbsent(pattern.domain(), zone);
      }
    }
  }

  /** The most specific pattern for a domain whose zone is usable. */
  Optional<Match> find(String domain, Predicate<String> usable) {
    String zone = exact.get(domain);
    if (zone != null && usable.test(zone)) {
      return Optional.of(new Match(zone, domain));
    }
    if (belowLabelsMax == 0 || domain.startsWith("[")) {
      return Optional.empty();
    }
    int labels = labels(domain);
    for (int dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      labels--;
      if (labels <= belowLabelsMax) {
        String parent = domain.substring(dot + 1);
        zone = below.get(parent);
        if (zone != null && usable.test(zone)) {
          return Optional.of(new Match(zone, "*." + parent));
        }
      }
    }
    return Optional.empty();
  }

  private static int labels(String domain) {
    int labels = 1;
    for (int dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      labels++;
    }
    return labels;
  }
}
