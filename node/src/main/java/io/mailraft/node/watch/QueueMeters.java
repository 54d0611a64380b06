package io.mailraft.node.watch;

import io.mailraft.delivery.SiteState;
import io.mailraft.queue.Queue;
import io.mailraft.queue.shard.Depth;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The queue by zone: how deep, how old, and how its sites are. */
public final class QueueMeters {
  private static final Duration FRESH = Duration.ofSeconds(1);

  /** What a site does, as a label. */
  private enum Phase {
    READY,
    THROTTLED,
    BACKING_OFF,
    BLOCKLISTED,
    CONNECTIONS_FULL;

    static Phase of(SiteState.Phase phase) {
      return switch (phase) {
        case SiteState.Ready ready -> READY;
        case SiteState.Throttled throttled -> THROTTLED;
        case SiteState.BackingOff backingOff -> BACKING_OFF;
        case SiteState.Blocklisted blocklisted -> BLOCKLISTED;
        case SiteState.ConnectionsFull full -> CONNECTIONS_FULL;
      };
    }
  }

  private final MeterRegistry registry;
  private final ZoneLabels zones;
  private final Function<String, List<SiteState>> sites;
  private final Supplier<Map<String, Depth>> depths;
  private final Supplier<Optional<Map<String, Double>>> ages;
  private final Supplier<Map<String, Map<Phase, Integer>>> phases;
  private final Set<String> shown = new HashSet<>();

  /**
   * @param sites how a zone's sites are
   */
  public QueueMeters(
      MeterRegistry registry,
      ZoneLabels zones,
      Queue queue,
      InstantSource clock,
      Function<String, List<SiteState>> sites) {
    this.registry = registry;
    this.zones = zones;
    this.sites = sites;
    this.depths =
        new Sample<>(
            FRESH,
            System::nanoTime,
            () -> {
              Map<String, Depth> sum = new HashMap<>();
              queue.zones().forEach((zone, depth) -> sum.merge(zones.of(zone), depth, Depth::plus));
              return sum;
            });
    this.ages =
        new Sample<>(
            FRESH,
            System::nanoTime,
            () -> {
              // Wall clock: the time of acceptance came from another machine.
              long now = clock.millis();
              return queue.vitals().oldest().map(starts -> ages(starts, now));
            });
    this.phases = new Sample<>(FRESH, System::nanoTime, this::look);
    zones.onChange(this::show);
  }

  private Map<String, Double> ages(Map<String, Long> starts, long now) {
    Map<String, Double> oldest = new HashMap<>();
    starts.forEach(
        (zone, at) -> oldest.merge(zones.of(zone), Math.max(0, now - at) / 1e3, Math::max));
    return oldest;
  }

  private Map<String, Map<Phase, Integer>> look() {
    Map<String, Map<Phase, Integer>> seen = new HashMap<>();
    for (String zone : zones.known()) {
      Map<Phase, Integer> counts = new EnumMap<>(Phase.class);
      sites.apply(zone).forEach(site -> counts.merge(Phase.of(site.phase()), 1, Integer::sum));
      seen.put(zone, counts);
    }
    return seen;
  }

  private void show(Set<String> known) {
    shown.retainAll(known);
    known.stream().filter(shown::add).forEach(this::show);
    if (shown.add(ZoneLabels.OTHER)) {
      queue(ZoneLabels.OTHER);
    }
  }

  private void show(String zone) {
    queue(zone);
    for (Phase phase : Phase.values()) {
      Gauge.builder(
              "mailraft.delivery.sites",
              () -> phases.get().getOrDefault(zone, Map.of()).getOrDefault(phase, 0).doubleValue())
          .description("Sites that this node has to do with, by each source, and how they are")
          .tags(ZoneLabels.ZONE, zone, "phase", phase.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
  }

  private void queue(String zone) {
    state(zone, "queued", Depth::queued);
    state(zone, "claimed", Depth::claimed);
    state(zone, "deferred", Depth::deferred);
    state(zone, "held", Depth::held);
    Gauge.builder(
            "mailraft.queue.oldest.age",
            () -> ages.get().map(by -> by.getOrDefault(zone, 0.0)).orElse(Double.NaN))
        .description(
            "Age of the oldest queued, claimed or deferred delivery of the cluster; 0 for none,"
                + " NaN while this node counts them after its start")
        .baseUnit("seconds")
        .tags(ZoneLabels.ZONE, zone)
        .register(registry);
  }

  private void state(String zone, String state, ToDoubleFunction<Depth> count) {
    Gauge.builder(
            "mailraft.queue.deliveries",
            () -> count.applyAsDouble(depths.get().getOrDefault(zone, Depth.ZERO)))
        .description("Open deliveries of the cluster by state, as this node has applied them")
        .tags(Tags.of(ZoneLabels.ZONE, zone, "state", state))
        .register(registry);
  }
}
