package io.mailraft.node.watch;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Counts what is accepted: messages by listener, deliveries by zone. */
public final class AcceptMeters {
  /** Bounds of the histogram of accepting. */
  private static final Duration[] BOUNDS = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(10)
  };

  private final MeterRegistry registry;
  private final ZoneLabels zones;
  private final Map<String, Door> doors = new ConcurrentHashMap<>();
  private final Map<String, Counter> deliveries = new ConcurrentHashMap<>();

  private record Door(Counter messages, Counter bytes, Timer latency) {}

  /** Counts into a registry. */
  public AcceptMeters(MeterRegistry registry, ZoneLabels zones) {
    this.registry = registry;
    this.zones = zones;
    zones.onChange(this::keep);
  }

  /** A message was accepted; its listener is one of the settings'. */
  public void accepted(Envelope envelope, List<Recipient> recipients, long bytes, Duration took) {
    Door door = doors.computeIfAbsent(envelope.getListener(), this::door);
    door.messages().increment();
    door.bytes().increment((double) bytes);
    door.latency().record(took);
    for (Recipient recipient : recipients) {
      of(zones.of(recipient.getZone())).increment();
    }
  }

  private Door door(String listener) {
    return new Door(
        Counter.builder("mailraft.accepted.messages")
            .description("Messages that a majority of nodes has and this node has said yes to")
            .tag("listener", listener)
            .register(registry),
        Counter.builder("mailraft.accepted")
            .description("Size of accepted messages as they are stored")
            .baseUnit("bytes")
            .tag("listener", listener)
            .register(registry),
        Timer.builder("mailraft.accept")
            .description("Time from the end of a message's content to the yes")
            .serviceLevelObjectives(BOUNDS)
            .tag("listener", listener)
            .register(registry));
  }

  private Counter of(String zone) {
    return deliveries.computeIfAbsent(
        zone,
        name ->
            Counter.builder("mailraft.accepted.deliveries")
                .description("Deliveries of accepted messages, one for each recipient")
                .tag(ZoneLabels.ZONE, name)
                .register(registry));
  }

  private void keep(Set<String> known) {
    known.forEach(this::of);
    deliveries.keySet().removeIf(zone -> !zones.isLabel(zone));
  }
}
