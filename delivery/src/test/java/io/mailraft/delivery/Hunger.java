package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an engine has said of its appetite: how things stand, and every word of it. */
final class Hunger implements Appetite {
  private final Map<String, Integer> wants = new HashMap<>();
  private final Map<String, Integer> limits = new HashMap<>();
  private final List<String> said = new ArrayList<>();

  @Override
  public synchronized void wants(String zone, int claims) {
    wants.put(zone, claims);
    said.add(zone + " wants " + claims);
  }

  @Override
  public synchronized void limits(String zone, String domain, int claims) {
    if (claims < 0) {
      throw new IllegalArgumentException(domain + ": " + claims);
    }
    limits.put(zone + " " + domain, claims);
    said.add(domain + " limited to " + claims);
  }

  @Override
  public synchronized void frees(String zone, String domain) {
    if (limits.remove(zone + " " + domain) == null) {
      throw new IllegalStateException(domain + " is freed and was not limited");
    }
    said.add(domain + " freed");
  }

  /** Claims wanted in a zone; 0 where nothing was said. */
  synchronized int wants(String zone) {
    return wants.getOrDefault(zone, 0);
  }

  /** The limit of a domain in a zone; empty where it is free. */
  synchronized Optional<Integer> limit(String zone, String domain) {
    return Optional.ofNullable(limits.get(zone + " " + domain));
  }

  /** Everything that was said. */
  synchronized List<String> said() {
    return List.copyOf(said);
  }
}
