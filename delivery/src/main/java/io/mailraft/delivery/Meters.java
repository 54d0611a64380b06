package io.mailraft.delivery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The engine's metrics. Labels are zones and kinds of outcome, never domains or hosts, which anyone
 * can make up. Zones that are gone are counted as {@link #OTHER}, and their series go with them.
 */
final class Meters {
  /** Label of what belongs to no zone that there is. */
  static final String OTHER = "other";

  private static final String PREFIX = "mailraft.delivery.";
  private static final String ZONE = "zone";

  /** Bounds of the histogram of attempts. */
  private static final Duration[] BOUNDS = {
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofMinutes(1),
    Duration.ofMinutes(5)
  };

  private final MeterRegistry registry;
  private final Map<String, ZoneMeters> zones = new ConcurrentHashMap<>();
  private volatile Set<String> known = Set.of();

  Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  void watch(ZoneDispatch zone) {
    forget(zone.name()); // Those of a zone of the same name that was there before.
    Gauge.builder(PREFIX + "claims.open", zone, ZoneDispatch::open)
        .description("Claims taken and without an outcome")
        .tag(ZONE, zone.name())
        .register(registry);
    Gauge.builder(PREFIX + "connections.open", zone, ZoneDispatch::connections)
        .description("Connections open or being opened")
        .tag(ZONE, zone.name())
        .register(registry);
    Gauge.builder(PREFIX + "domains.limited", zone, ZoneDispatch::limitedDomains)
        .description("Domains of which the queue holds back claims: throttled, slow or away")
        .tag(ZONE, zone.name())
        .register(registry);
  }

  /** Takes over which zones there are. */
  void keep(Set<String> names) {
    known = Set.copyOf(names);
    names.forEach(this::of);
    zones
        .keySet()
        .removeIf(
            zone -> {
              boolean gone = !zone.equals(OTHER) && !names.contains(zone);
              if (gone) {
                forget(zone);
              }
              return gone;
            });
  }

  private void forget(String zone) {
    for (Meter meter : registry.getMeters()) {
      Meter.Id id = meter.getId();
      if (id.getName().startsWith(PREFIX) && zone.equals(id.getTag(ZONE))) {
        registry.remove(meter);
      }
    }
  }

  void ended(Outcome outcome, Duration took) {
    ZoneMeters meters = of(outcome.claim().zone());
    switch (outcome) {
      case Outcome.Delivered delivered -> {
        meters.delivered.increment();
        meters.bytes.increment((double) delivered.claim().message().bodyBytes());
      }
      case Outcome.Deferred deferred -> meters.deferred.increment();
      case Outcome.Bounced bounced -> meters.bounced.increment();
      case Outcome.Expired expired -> meters.expired.increment();
      case Outcome.Returned returned -> meters.returned.increment();
    }
    if (!(outcome instanceof Outcome.Returned)) {
      meters.attempts.record(took);
    }
  }

  void connected(String zone) {
    of(zone).connected.increment();
  }

  void missed(String zone, Dial.Miss why) {
    Objects.requireNonNull(of(zone).missed.get(why)).increment();
  }

  void blocklisted(String zone) {
    of(zone).blocklisted.increment();
  }

  private ZoneMeters of(String zone) {
    return zones.computeIfAbsent(
        known.contains(zone) ? zone : OTHER, name -> new ZoneMeters(registry, name));
  }

  private static final class ZoneMeters {
    private final Counter delivered;
    private final Counter deferred;
    private final Counter bounced;
    private final Counter expired;
    private final Counter returned;
    private final Counter bytes;
    private final Counter connected;
    private final Map<Dial.Miss, Counter> missed = new EnumMap<>(Dial.Miss.class);
    private final Counter blocklisted;
    private final Timer attempts;

    private ZoneMeters(MeterRegistry registry, String zone) {
      delivered = outcomes(registry, zone, "delivered");
      deferred = outcomes(registry, zone, "deferred");
      bounced = outcomes(registry, zone, "bounced");
      expired = outcomes(registry, zone, "expired");
      returned = outcomes(registry, zone, "returned");
      bytes =
          Counter.builder(PREFIX + "delivered.bytes")
              .description("Size of delivered messages, once per recipient")
              .baseUnit("bytes")
              .tag(ZONE, zone)
              .register(registry);
      connected =
          Counter.builder(PREFIX + "connections")
              .description("Connections that came as far as EHLO")
              .tag(ZONE, zone)
              .register(registry);
      for (Dial.Miss why : Dial.Miss.values()) {
        missed.put(
            why,
            Counter.builder(PREFIX + "connections.missed")
                .description("Attempts at a connection to a site that led nowhere")
                .tag(ZONE, zone)
                .tag("reason", why.name().toLowerCase(Locale.ROOT))
                .register(registry));
      }
      blocklisted =
          Counter.builder(PREFIX + "blocklistings")
              .description("Replies that said that a source is blocklisted")
              .tag(ZONE, zone)
              .register(registry);
      attempts =
          Timer.builder(PREFIX + "attempt")
              .description(
                  "Time from the start of a transaction, or from the claim where there was none, to the outcome")
              .serviceLevelObjectives(BOUNDS)
              .tag(ZONE, zone)
              .register(registry);
    }

    private static Counter outcomes(MeterRegistry registry, String zone, String outcome) {
      return Counter.builder(PREFIX + "outcomes")
          .description("How attempts ended")
          .tag(ZONE, zone)
          .tag("outcome", outcome)
          .register(registry);
    }
  }
}
