package io.mailraft.delivery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The engine's metrics. Labels are zones and kinds of outcome, never domains or hosts, which anyone
 * can make up.
 */
final class Meters {
  private final MeterRegistry registry;
  private final Map<String, ZoneMeters> zones = new ConcurrentHashMap<>();

  Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  void watch(ZoneDispatch zone) {
    Gauge.builder("mailraft.delivery.claims.open", zone, ZoneDispatch::open)
        .description("Claims taken and without an outcome")
        .tag("zone", zone.name())
        .register(registry);
    Gauge.builder("mailraft.delivery.connections.open", zone, ZoneDispatch::connections)
        .description("Connections open or being opened")
        .tag("zone", zone.name())
        .register(registry);
    Gauge.builder("mailraft.delivery.domains.limited", zone, ZoneDispatch::limitedDomains)
        .description("Domains of which the queue holds back claims: throttled, slow or away")
        .tag("zone", zone.name())
        .register(registry);
  }

  void ended(Outcome outcome) {
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
  }

  void connected(String zone) {
    of(zone).connected.increment();
  }

  void blocklisted(String zone) {
    of(zone).blocklisted.increment();
  }

  private ZoneMeters of(String zone) {
    return zones.computeIfAbsent(zone, name -> new ZoneMeters(registry, name));
  }

  private static final class ZoneMeters {
    private final Counter delivered;
    private final Counter deferred;
    private final Counter bounced;
    private final Counter expired;
    private final Counter returned;
    private final Counter bytes;
    private final Counter connected;
    private final Counter blocklisted;

    private ZoneMeters(MeterRegistry registry, String zone) {
      delivered = outcomes(registry, zone, "delivered");
      deferred = outcomes(registry, zone, "deferred");
      bounced = outcomes(registry, zone, "bounced");
      expired = outcomes(registry, zone, "expired");
      returned = outcomes(registry, zone, "returned");
      bytes =
          Counter.builder("mailraft.delivery.delivered.bytes")
              .description("Size of delivered messages, once per recipient")
              .baseUnit("bytes")
              .tag("zone", zone)
              .register(registry);
      connected =
          Counter.builder("mailraft.delivery.connections")
              .description("Connections that came as far as EHLO")
              .tag("zone", zone)
              .register(registry);
      blocklisted =
          Counter.builder("mailraft.delivery.blocklistings")
              .description("Replies that said that a source is blocklisted")
              .tag("zone", zone)
              .register(registry);
    }

    private static Counter outcomes(MeterRegistry registry, String zone, String outcome) {
      return Counter.builder("mailraft.delivery.outcomes")
          .description("How attempts ended")
          .tag("zone", zone)
          .tag("outcome", outcome)
          .register(registry);
    }
  }
}
