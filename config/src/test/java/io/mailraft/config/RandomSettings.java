package io.mailraft.config;

import java.net.InetAddress;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;

/** Cluster documents with a little of everything. */
final class RandomSettings {
  private static final List<String> NAMES =
      List.of("null", "true", "123", "-", "x", "1e3", "no", "default", "eu", "_");
  private static final List<String> HOSTS =
      List.of("127.0.0.1", "::1", "2001:db8::1", "relay.example", "a_b.example");
  private static final List<String> SOURCES =
      List.of("127.0.0.11", "192.0.2.1", "2001:db8::10", "::1", "fe80::1", "203.0.113.255");
  private static final List<String> KEYS =
      List.of(
          "default",
          "gmail.com",
          "*.example.com",
          "null",
          "*.null",
          "123.example",
          "mx:mx.example",
          "mx:*.b\u00fccher.example",
          "a_b.example",
          "e1.5x",
          "mx:null");

  private RandomSettings() {}

  static ClusterSettings of(Random random) {
    Map<String, Optional<WarmUp>> warmUps = new HashMap<>();
    SOURCES.forEach(
        address ->
            warmUps.put(
                address, random.nextBoolean() ? Optional.empty() : Optional.of(warmUp(random))));
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      zones.put(name, zone(name, random, warmUps));
    }
    zones.putIfAbsent("default", new ZoneConfig("default", 1, Optional.empty(), 25));
    Map<String, Throttle> throttles = new LinkedHashMap<>();
    for (int i = random.nextInt(8); i > 0; i--) {
      Throttle throttle = throttle(random);
      throttles.put(throttle.entry(), throttle);
    }
    Duration pause =
        random.nextBoolean()
            ? ClusterSettings.BLOCKLIST_PAUSE
            : Duration.ofMillis(1000 + random.nextInt(100_000_000));
    return new ClusterSettings(zones, new Throttles(throttles), quotas(random), pause);
  }

  private static Quotas quotas(Random random) {
    Map<String, Quota> accounts = new LinkedHashMap<>();
    Map<String, Quota> domains = new LinkedHashMap<>();
    for (String account : List.of("default", "shop@example.com", "a \"b\": {c}", "null", "7")) {
      if (random.nextInt(3) == 0) {
        accounts.put(account, quota(account, random));
      }
    }
    for (String domain :
        List.of("default", "example.com", "*.example.com", "xn--bcher-kva.example")) {
      if (random.nextInt(3) == 0) {
        domains.put(domain, quota(domain, random));
      }
    }
    return new Quotas(accounts, domains);
  }

  private static Quota quota(String entry, Random random) {
    return new Quota(entry, limits(random), limits(random));
  }

  private static List<Rate> limits(Random random) {
    List<Rate> limits = new ArrayList<>();
    for (long seconds : new long[] {60, 3600, 86_400}) {
      if (random.nextInt(3) == 0) {
        limits.add(new Rate(1 + random.nextInt(1_000_000_000), Duration.ofSeconds(seconds)));
      }
    }
    return limits;
  }

  private static ZoneConfig zone(
      String name, Random random, Map<String, Optional<WarmUp>> warmUps) {
    List<PoolSource> sources = new ArrayList<>();
    for (String address : SOURCES) {
      if (random.nextInt(4) == 0) {
        sources.add(
            new PoolSource(
                InetAddress.ofLiteral(address),
                random.nextBoolean() ? Optional.empty() : Optional.of("a.mx.example"),
                1 + random.nextInt(1000),
                warmUps.getOrDefault(address, Optional.empty())));
      }
    }
    ZoneRouting routing =
        random.nextBoolean()
            ? ZoneRouting.NONE
            : new ZoneRouting(
                Map.of("x-zone", List.of(name)),
                List.of(new DomainPattern("z" + name.hashCode() + ".example", true)),
                List.of(),
                List.of());
    return new ZoneConfig(
        name,
        1 + random.nextInt(100_000),
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(HOSTS.get(random.nextInt(HOSTS.size()))),
        1 + random.nextInt(65_535),
        routing,
        new ZonePool(
            sources, one(ZonePool.Ipv6.class, random), one(ZonePool.PoolHash.class, random)),
        random.nextBoolean() ? Optional.empty() : Optional.of(rate(random)));
  }

  private static WarmUp warmUp(Random random) {
    return new WarmUp(
        LocalDate.of(2000 + random.nextInt(100), 1 + random.nextInt(12), 1 + random.nextInt(28)),
        IntStream.generate(() -> 1 + random.nextInt(1_000_000_000))
            .limit(1 + random.nextInt(20))
            .sorted()
            .boxed()
            .toList());
  }

  private static Throttle throttle(Random random) {
    String key = KEYS.get(random.nextInt(KEYS.size()));
    String entry =
        key.startsWith(Throttle.MX)
            ? Throttle.MX + DomainPattern.parse(key.substring(Throttle.MX.length()))
            : key;
    Optional<Rate> rate = random.nextBoolean() ? Optional.empty() : Optional.of(rate(random));
    int burst =
        rate.map(
                given ->
                    random.nextBoolean()
                        ? Math.min(Throttle.defaultBurst(given), 1_000_000_000)
                        : 1 + random.nextInt(1_000_000_000))
            .orElse(1);
    OptionalInt connections =
        rate.isPresent() && random.nextBoolean()
            ? OptionalInt.empty()
            : OptionalInt.of(1 + random.nextInt(100_000));
    return new Throttle(entry, rate, burst, connections, one(Throttle.Scope.class, random));
  }

  private static Rate rate(Random random) {
    List<Duration> periods =
        List.of(
            Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(1));
    return new Rate(1 + random.nextInt(1_000_000_000), periods.get(random.nextInt(4)));
  }

  private static <E extends Enum<E>> E one(Class<E> type, Random random) {
    List<E> all = Arrays.asList(type.getEnumConstants());
    return all.get(random.nextInt(all.size()));
  }
}
