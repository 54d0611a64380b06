package io.mailraft.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The throttles of the cluster document, and which of them bind a domain's mail. Immutable.
 *
 * <p>A domain has the entry that names it most exactly: itself before {@code *.}, the longer {@code
 * *.} before the shorter. A site has the one that names one of its MX hosts most exactly. Mail is
 * bound by both; by {@code default} where it has neither.
 */
public final class Throttles {
  /** No limits. */
  public static final Throttles NONE = new Throttles(Map.of());

  private final Map<String, Throttle> entries;
  private final Map<DomainPattern, Throttle> domains = new HashMap<>();
  private final Map<DomainPattern, Throttle> hosts = new HashMap<>();

  /**
   * @param entries by key of the document, in its order
   * @throws IllegalArgumentException if a key is no pattern
   */
  public Throttles(Map<String, Throttle> entries) {
    this.entries = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    entries.forEach(
        (key, throttle) -> {
          if (key.startsWith(Throttle.MX)) {
            hosts.put(DomainPattern.parse(key.substring(Throttle.MX.length())), throttle);
          } else if (!key.equals(Throttle.DEFAULT)) {
            domains.put(DomainPattern.parse(key), throttle);
          }
        });
  }

  /** Every entry by its key, in the order of the document. */
  public Map<String, Throttle> entries() {
    return entries;
  }

  /** The entry of that key. */
  public Optional<Throttle> entry(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  /**
   * The entries that bind mail for a domain.
   *
   * @param domain as {@link DomainName} spells it, or an address literal
   * @param mxHosts hosts of its site, in lower case; empty where the zone has a fixed next hop,
   *     which {@code default} does not bind
   */
  public List<Throttle> of(String domain, List<String> mxHosts) {
    List<Throttle> binding = new ArrayList<>(2);
    best(domains, List.of(domain)).ifPresent(binding::add);
    best(hosts, mxHosts).ifPresent(binding::add);
    if (binding.isEmpty() && !mxHosts.isEmpty()) {
      entry(Throttle.DEFAULT).ifPresent(binding::add);
    }
    return binding;
  }

  private static Optional<Throttle> best(Map<DomainPattern, Throttle> table, List<String> names) {
    if (table.isEmpty()) {
      return Optional.empty();
    }
    for (String name : names) {
      Throttle exact = table.get(new DomainPattern(name, false));
      if (exact != null) {
        return Optional.of(exact);
      }
    }
    Optional<Throttle> longest = Optional.empty();
    int length = -1;
    for (String name : names) {
      for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        String parent = name.substring(dot + 1);
        Throttle below = table.get(new DomainPattern(parent, true));
        if (below != null && parent.length() > length) {
          longest = Optional.of(below);
          length = parent.length();
        }
      }
    }
    return longest;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Throttles throttles && throttles.entries.equals(entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return entries.values().toString();
  }
}
