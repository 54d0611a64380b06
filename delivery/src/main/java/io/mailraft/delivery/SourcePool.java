package io.mailraft.delivery;

import io.mailraft.config.PoolSource;
import io.mailraft.config.ZonePool;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/**
 * The sources of one zone on this node, and which of them is next. Guarded by the zone's lock.
 *
 * <p>A source is drawn by weight among those that have less than their part of the connections open
 * now. So the parts hold while there are many connections, and over time where there is one.
 */
final class SourcePool {
  private final String nodeHelo;
  private final String ownText;
  private List<Source> sources = List.of();
  private List<Source> elsewhere = List.of();
  private boolean ipv6First;

  /**
   * @param ownText what stands for the node's own addresses where connections are counted by source
   */
  SourcePool(ZonePlan plan, String nodeHelo, String ownText) {
    this.nodeHelo = nodeHelo;
    this.ownText = ownText;
    follow(plan);
  }

  /**
   * Takes over the sources of a plan. Those that stay are the same objects; those that go are
   * marked as retired.
   */
  void follow(ZonePlan plan) {
    ZonePool pool = plan.config().pool();
    Map<String, Source> known = new LinkedHashMap<>();
    sources.forEach(source -> known.put(key(source), source));
    List<Source> next = new ArrayList<>();
    for (Source wanted : wanted(plan, pool)) {
      Source source = known.remove(key(wanted));
      if (source == null) {
        source = wanted;
      } else {
        source.follow(wanted);
      }
      next.add(source);
    }
    known.values().forEach(source -> source.retired = true);
    sources = List.copyOf(next);
    elsewhere =
        plan.elsewhere().stream()
            .map(source -> Source.of(source, nodeHelo))
            .filter(source -> source.ipv4() || pool.ipv6() != ZonePool.Ipv6.NEVER)
            .toList();
    ipv6First = pool.ipv6() == ZonePool.Ipv6.PREFER;
  }

  private List<Source> wanted(ZonePlan plan, ZonePool pool) {
    if (plan.sources().isEmpty()) {
      return pool.sources().isEmpty() ? List.of(Source.own(ownText, nodeHelo)) : List.of();
    }
    List<Source> wanted = new ArrayList<>();
    for (PoolSource source : plan.sources()) {
      Source one = Source.of(source, nodeHelo);
      if (one.ipv4() || pool.ipv6() != ZonePool.Ipv6.NEVER) {
        wanted.add(one);
      }
    }
    return wanted;
  }

  private static String key(Source source) {
    return source.own() ? "" : source.text();
  }

  List<Source> sources() {
    return sources;
  }

  /** The source of that address. */
  Optional<Source> named(String text) {
    return sources.stream().filter(source -> source.text().equals(text)).findFirst();
  }

  /** Draws the source of the next connection among those that are usable. */
  Optional<Source> draw(Predicate<Source> usable) {
    if (sources.size() == 1) {
      return Optional.of(sources.getFirst()).filter(usable);
    }
    List<Source> fit = new ArrayList<>(sources.size());
    for (Source source : sources) {
      if (usable.test(source)) {
        fit.add(source);
      }
    }
    if (ipv6First && fit.stream().anyMatch(source -> !source.ipv4())) {
      fit.removeIf(Source::ipv4);
    }
    if (fit.size() <= 1) {
      return fit.stream().findFirst();
    }
    long weights = 0;
    long connections = 1;
    for (Source source : fit) {
      weights += source.weight();
      connections += source.connections;
    }
    long total = weights;
    long all = connections;
    List<Source> behind =
        fit.stream().filter(source -> source.connections * total < all * source.weight()).toList();
    // Not all can have more than their part of one connection more than there are.
    return Optional.of(byWeight(behind));
  }

  private static Source byWeight(List<Source> some) {
    long weights = some.stream().mapToLong(Source::weight).sum();
    long at = ThreadLocalRandom.current().nextLong(weights);
    for (Source source : some) {
      at -= source.weight();
      if (at < 0) {
        return source;
      }
    }
    throw new IllegalStateException("weights do not add up");
  }

  /**
   * The sources in the order in which a key prefers them: weighted rendezvous hashing. A source
   * that joins or leaves moves only the keys that it gets or had.
   */
  List<Source> ranked(String key) {
    return ranked(sources, key);
  }

  /** The source of another node that a key prefers to all of this node's. */
  Optional<Source> preferredElsewhere(String key) {
    if (elsewhere.isEmpty()) {
      return Optional.empty();
    }
    List<Source> all = new ArrayList<>(sources);
    all.addAll(elsewhere);
    return Optional.of(ranked(all, key).getFirst()).filter(elsewhere::contains);
  }

  /** The source of another node that has that address. */
  Optional<Source> namedElsewhere(String text) {
    return elsewhere.stream().filter(source -> source.text().equals(text)).findFirst();
  }

  /** Whether other nodes own sources of the pool. */
  boolean hasElsewhere() {
    return !elsewhere.isEmpty();
  }

  private static List<Source> ranked(List<Source> some, String key) {
    record Scored(Source source, double score) {}
    return some.stream()
        .map(source -> new Scored(source, score(source, key)))
        .sorted(Comparator.comparingDouble(Scored::score).reversed())
        .map(Scored::source)
        .toList();
  }

  private static double score(Source source, String key) {
    long hash = mix(hash(source.text()) ^ Long.rotateLeft(hash(key), 32));
    // 53 bits, from just above 0 to just below 1.
    double unit = ((hash >>> 11) + 0.5) * 0x1.0p-53;
    return source.weight() / -Math.log(unit);
  }

  /** FNV-1a, 64 bits: the same on every node and in every version. */
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  /** Spreads each bit over all (the finalizer of SplitMix64). */
  private static long mix(long bits) {
    long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
