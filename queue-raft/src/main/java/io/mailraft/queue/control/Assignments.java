package io.mailraft.queue.control;

import io.mailraft.config.ClusterSettings;
import io.mailraft.config.PoolSource;
import io.mailraft.config.ZoneConfig;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who serves which zone, and with how many of its connections: computed from what the control group
 * has agreed on alone, so it is the same on every node. Immutable. {@code docs/throttles.md} has
 * the rules.
 */
public final class Assignments {
  private static final String ZONE = " zone=";
  private static final String SOURCE = " source=";

  private final Map<String, List<Share>> zones = new TreeMap<>();
  private final List<String> servers;
  private final Map<String, List<String>> owners;

  /** Who has connections from a source, by its address. */
  private final Map<String, Set<String>> users = new HashMap<>();

  private final long turn;

  /**
   * A node's part in a zone.
   *
   * @param node name of the node
   * @param sources the addresses of the zone's pool that it owns; empty where the zone has no pool
   * @param connections its part of the zone's connections, 0 at least
   */
  public record Share(String node, List<PoolSource> sources, int connections) {}

  private record Candidate(String node, List<PoolSource> sources, double weight) {}

  /** Nobody serves anything. */
  static final Assignments NONE =
      new Assignments(new ControlView(-1, Map.of(), ClusterDocument.NONE), Map.of());

  private Assignments(ControlView view, Map<String, ZoneConfig> settings) {
    this.owners = owners(view);
    this.turn = view.turn();
    Set<String> serving = new TreeSet<>();
    settings.forEach(
        (name, zone) -> {
          List<Share> shares =
              view.suspensions().containsKey(name)
                  ? List.of()
                  : split(zone, candidates(zone, view));
          zones.put(name, shares);
          shares.stream()
              .filter(share -> share.connections() > 0)
              .forEach(
                  share -> {
                    serving.add(share.node());
                    sources(share, view)
                        .forEach(
                            source ->
                                users
                                    .computeIfAbsent(source, s -> new TreeSet<>())
                                    .add(share.node()));
                  });
        });
    this.servers = List.copyOf(serving);
  }

  private static List<String> sources(Share share, ControlView view) {
    return share.sources().isEmpty()
        ? view.node(share.node()).stream()
            .flatMap(node -> node.addresses().getSourcesList().stream())
            .toList()
        : share.sources().stream().map(source -> source.address().getHostAddress()).toList();
  }

  /** The assignments that follow from what was agreed on. */
  public static Assignments of(ControlView view, ClusterSettings settings) {
    return new Assignments(view, settings.zones());
  }

  private static Map<String, List<String>> owners(ControlView view) {
    Map<String, List<String>> owners = new HashMap<>();
    new TreeMap<>(view.nodes())
        .forEach(
            (name, node) -> {
              if (node.live()) {
                node.addresses()
                    .getSourcesList()
                    .forEach(
                        source -> owners.computeIfAbsent(source, s -> new ArrayList<>()).add(name));
              }
            });
    return owners;
  }

  private List<Candidate> candidates(ZoneConfig zone, ControlView view) {
    List<Candidate> candidates = new ArrayList<>();
    new TreeMap<>(view.nodes())
        .forEach(
            (name, node) -> {
              if (!node.live()) {
                return;
              }
              List<PoolSource> pool = zone.pool().sources();
              List<PoolSource> own =
                  pool.stream()
                      .filter(source -> ownersOf(source.address()).contains(name))
                      .toList();
              if (pool.isEmpty()) {
                candidates.add(new Candidate(name, List.of(), 1));
              } else if (!own.isEmpty()) {
                // An address that several nodes own counts in part for each.
                double weight =
                    own.stream()
                        .mapToDouble(
                            source -> (double) source.weight() / ownersOf(source.address()).size())
                        .sum();
                candidates.add(new Candidate(name, own, weight));
              }
            });
    return candidates;
  }

  private List<String> ownersOf(InetAddress address) {
    return owners.getOrDefault(address.getHostAddress(), List.of());
  }

  /** By weight; what is left over goes to the greatest remainders. */
  private static List<Share> split(ZoneConfig zone, List<Candidate> candidates) {
    double sum = candidates.stream().mapToDouble(Candidate::weight).sum();
    Map<String, Integer> parts = new HashMap<>();
    Map<String, Double> remainders = new HashMap<>();
    int left = zone.connections();
    for (Candidate candidate : candidates) {
      double exact = zone.connections() * candidate.weight() / sum;
      int whole = (int) Math.floor(exact + 1e-9);
      parts.put(candidate.node(), whole);
      remainders.put(candidate.node(), exact - whole);
      left -= whole;
    }
    List<String> order =
        candidates.stream()
            .map(Candidate::node)
            .sorted(
                Comparator.<String>comparingDouble(node -> -remainders.getOrDefault(node, 0.0))
                    .thenComparingInt(node -> turn(zone.name(), node))
                    .thenComparing(node -> node))
            .toList();
    for (int i = 0; i < left && i < order.size(); i++) {
      parts.merge(order.get(i), 1, Integer::sum);
    }
    return candidates.stream()
        .map(
            candidate ->
                new Share(
                    candidate.node(), candidate.sources(), parts.getOrDefault(candidate.node(), 0)))
        .toList();
  }

  /** Spreads what does not divide: not all of it to the same node. */
  private static int turn(String what, String node) {
    return (what + '\0' + node).hashCode();
  }

  /** Who serves each zone of the document, in the order of node names; nobody a suspended one. */
  public Map<String, List<Share>> zones() {
    return zones;
  }

  /** A node's part in a zone; empty where it has none. */
  public Optional<Share> share(String zone, String node) {
    return zones.getOrDefault(zone, List.of()).stream()
        .filter(share -> share.node().equals(node))
        .findFirst();
  }

  /**
   * Whether some connection limit may be too small for everybody whom it concerns, so that parts of
   * it go round.
   */
  boolean scarce(ClusterSettings settings) {
    return settings.throttles().entries().values().stream()
        .anyMatch(throttle -> throttle.connections().orElse(Integer.MAX_VALUE) < servers.size());
  }

  /**
   * A node's part of a connection limit, which those that have connections share evenly. Where
   * there is not one for each, they take turns: nobody's mail waits for ever.
   *
   * @param counter as {@link io.mailraft.config.Throttle#counter} names it
   * @param limit of the whole cluster
   */
  int part(String counter, int limit, String node) {
    List<String> among = among(counter, node);
    int index = among.indexOf(node);
    if (index < 0) {
      return 0;
    }
    int size = among.size();
    long first = limit < size ? turn : 0;
    int rank = (int) Math.floorMod(index + counter.hashCode() + first, (long) size);
    return limit / size + (rank < limit % size ? 1 : 0);
  }

  private List<String> among(String counter, String node) {
    int source = counter.indexOf(SOURCE);
    if (source >= 0) {
      String address = counter.substring(source + SOURCE.length());
      // A node without addresses of its own uses what the system chooses, which is its alone.
      return owners.containsKey(address)
          ? List.copyOf(users.getOrDefault(address, Set.of()))
          : List.of(node);
    }
    int zone = counter.indexOf(ZONE);
    return zone < 0
        ? servers
        : zones.getOrDefault(counter.substring(zone + ZONE.length()), List.of()).stream()
            .filter(share -> share.connections() > 0)
            .map(Share::node)
            .toList();
  }
}
