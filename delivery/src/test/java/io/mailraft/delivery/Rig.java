package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.DeliveryConfig;
import io.mailraft.config.DnsConfig;
import io.mailraft.config.HostPort;
import io.mailraft.config.PoolSource;
import io.mailraft.config.Rate;
import io.mailraft.config.Throttle;
import io.mailraft.config.Throttles;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZonePool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An engine with its surroundings: bodies in memory, a lease that a test can end, outcomes to wait
 * for, sends from a double, and what the engine says of its appetite.
 */
final class Rig implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final String BODY = "Subject: x\r\n\r\n.dot\r\nline\r\n";

  final Map<String, byte[]> bodies = new ConcurrentHashMap<>();
  final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Hunger hunger;
  private final AtomicLong ids = new AtomicLong();
  volatile Lease lease = epoch -> true;
  final DeliveryEngine engine;
  private volatile ZonePlan plan;

  private Rig(Setup setup) {
    hunger = setup.feeder.map(Feeder::hunger).orElseGet(Hunger::new);
    Appetite appetite = setup.feeder.isPresent() ? setup.feeder.get() : hunger;
    Outcomes sink = setup.feeder.isPresent() ? setup.feeder.get() : outcomes::add;
    engine =
        new DeliveryEngine(
            setup.settings(),
            setup.bodies.orElse(this::open),
            epoch -> lease.alive(epoch),
            sink,
            setup.throttling,
            appetite,
            registry);
    setup.feeder.ifPresent(feeder -> feeder.feeds(engine::offer));
    plan = setup.plan();
    engine.zones(Map.of("default", plan));
  }

  /** The plan of the zone {@code default}. */
  ZonePlan plan() {
    return plan;
  }

  /** Gives the zone another plan. */
  void plan(ZonePlan fresh) {
    plan = fresh;
    engine.zones(Map.of("default", fresh));
  }

  /** A node that has all of a zone's connections to itself, without throttles. */
  static ZonePlan plan(ZoneConfig zone) {
    return new ZonePlan(
        zone,
        zone.connections(),
        zone.pool().sources(),
        Throttles.NONE,
        (counter, limit) -> limit,
        Duration.ofHours(6));
  }

  /** How a rig is set up; each method changes this setup. */
  static final class Setup {
    private ZoneConfig zone;
    private Duration commandTimeout = Duration.ofSeconds(20);
    private Duration idleTimeout = Duration.ofSeconds(20);
    private int messagesMax = 100;
    private int recipientsMax = 50;
    private List<HostPort> dnsServers = List.of();
    private List<String> local = List.of("127.0.0.1");
    private boolean loopbackMx = true;
    private Optional<Bodies> bodies = Optional.empty();
    private Optional<Feeder> feeder = Optional.empty();
    private Throttling throttling = Throttling.NONE;
    private Throttles throttles = Throttles.NONE;
    private ZonePlan.Shares shares = (counter, limit) -> limit;
    private Duration blocklistPause = Duration.ofHours(6);

    Setup(ZoneConfig zone) {
      this.zone = zone;
    }

    Setup connections(int most) {
      zone =
          new ZoneConfig(
              zone.name(),
              most,
              zone.host(),
              zone.port(),
              zone.routing(),
              zone.pool(),
              zone.throttle());
      return this;
    }

    /** From these addresses, written {@code 127.0.0.11} or {@code 127.0.0.11*3} for a weight. */
    Setup pool(ZonePool.Ipv6 ipv6, ZonePool.PoolHash hash, String... sources) {
      zone = Rig.pooled(zone, ipv6, hash, sources);
      return this;
    }

    Setup pool(String... sources) {
      return pool(ZonePool.Ipv6.AUTO, ZonePool.PoolHash.NONE, sources);
    }

    /** The whole zone's rate. */
    Setup rate(String rate) {
      zone =
          new ZoneConfig(
              zone.name(),
              zone.connections(),
              zone.host(),
              zone.port(),
              zone.routing(),
              zone.pool(),
              Optional.of(Rate.parse(rate)));
      return this;
    }

    /** With a queue that gives claims and takes outcomes. */
    Setup feeder(Feeder queue) {
      feeder = Optional.of(queue);
      return this;
    }

    Setup throttling(Throttling other) {
      throttling = other;
      return this;
    }

    Setup throttles(Throttle... entries) {
      throttles = Rig.throttles(entries);
      return this;
    }

    Setup shares(ZonePlan.Shares other) {
      shares = other;
      return this;
    }

    Setup blocklistPause(Duration pause) {
      blocklistPause = pause;
      return this;
    }

    private ZonePlan plan() {
      return new ZonePlan(
          zone, zone.connections(), zone.pool().sources(), throttles, shares, blocklistPause);
    }

    Setup timeout(Duration duration) {
      commandTimeout = duration;
      return this;
    }

    Setup idle(Duration duration) {
      idleTimeout = duration;
      return this;
    }

    Setup messagesMax(int most) {
      messagesMax = most;
      return this;
    }

    Setup recipientsMax(int most) {
      recipientsMax = most;
      return this;
    }

    Setup dns(int port) {
      dnsServers = List.of(new HostPort("127.0.0.1", port));
      return this;
    }

    Setup local(String... addresses) {
      local = List.of(addresses);
      return this;
    }

    Setup noLoopbackMx() {
      loopbackMx = false;
      return this;
    }

    Setup bodies(Bodies other) {
      bodies = Optional.of(other);
      return this;
    }

    Rig start() {
      return new Rig(this);
    }

    private DeliverySettings settings() {
      DeliveryConfig config =
          new DeliveryConfig(
              Optional.empty(),
              List.of(Duration.ofMinutes(5), Duration.ofMinutes(7)),
              Duration.ofDays(2),
              commandTimeout,
              commandTimeout,
              commandTimeout,
              commandTimeout,
              commandTimeout,
              commandTimeout,
              idleTimeout,
              messagesMax,
              recipientsMax);
      return new DeliverySettings(
          config,
          new DnsConfig(dnsServers, Duration.ofMillis(500)),
          local.stream().map(InetAddress::ofLiteral).toList(),
          "mx.example",
          loopbackMx);
    }
  }

  static Throttles throttles(Throttle... entries) {
    Map<String, Throttle> byKey = new LinkedHashMap<>();
    for (Throttle entry : entries) {
      byKey.put(entry.entry(), entry);
    }
    return new Throttles(byKey);
  }

  static Throttle rate(String entry, String rate, int burst, Throttle.Scope per) {
    return new Throttle(entry, Optional.of(Rate.parse(rate)), burst, OptionalInt.empty(), per);
  }

  static Throttle connections(String entry, int most, Throttle.Scope per) {
    return new Throttle(entry, Optional.empty(), 1, OptionalInt.of(most), per);
  }

  static ZoneConfig pooled(
      ZoneConfig zone, ZonePool.Ipv6 ipv6, ZonePool.PoolHash hash, String... sources) {
    return new ZoneConfig(
        zone.name(),
        zone.connections(),
        zone.host(),
        zone.port(),
        zone.routing(),
        new ZonePool(Arrays.stream(sources).map(Rig::source).toList(), ipv6, hash),
        zone.throttle());
  }

  private static PoolSource source(String text) {
    int star = text.indexOf('*');
    String address = star < 0 ? text : text.substring(0, star);
    return new PoolSource(
        InetAddress.ofLiteral(address),
        Optional.of("s" + address.replaceAll("[.:]", "-") + ".example"),
        star < 0 ? 1 : Integer.parseInt(text.substring(star + 1)),
        Optional.empty());
  }

  static Setup to(int port) {
    return new Setup(zone(Optional.of("127.0.0.1"), port, 1));
  }

  static Setup to(String host, int port) {
    return new Setup(zone(Optional.of(host), port, 1));
  }

  static Setup byMx(int mxPort, int dnsPort) {
    return new Setup(zone(Optional.empty(), mxPort, 4)).dns(dnsPort);
  }

  static ZoneConfig zone(Optional<String> host, int port, int connections) {
    return new ZoneConfig("default", connections, host, port);
  }

  MessageFacts facts(String body) {
    return facts(body.getBytes(StandardCharsets.UTF_8).length, System.nanoTime());
  }

  /** Facts of a message of some bytes, born at a time of {@link System#nanoTime}. */
  MessageFacts facts(long bytes, long bornNanos) {
    return new MessageFacts(
        "sender@from.example",
        bytes,
        false,
        false,
        "client.example",
        "192.0.2.7",
        "host.example",
        "ESMTPSA",
        "user",
        "TLSv1.3 TLS_AES_128_GCM_SHA256",
        bornNanos);
  }

  /** Claims of one message of the usual body. */
  List<Claim> message(String... recipients) {
    return message(facts(BODY), BODY, recipients);
  }

  List<Claim> message(MessageFacts facts, String body, String... recipients) {
    String id = String.format("%018x", ids.incrementAndGet());
    bodies.put(id, body.getBytes(StandardCharsets.UTF_8));
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < recipients.length; i++) {
      String domain = recipients[i].substring(recipients[i].lastIndexOf('@') + 1);
      claims.add(
          Claims.fresh(id, i + 1, 7, "default", domain, recipients[i], facts, 0, Optional.empty()));
    }
    return claims;
  }

  /** Offers one message and waits for all its outcomes, in the order of its recipients. */
  List<Outcome> deliver(List<Claim> claims) throws InterruptedException {
    engine.offer(claims);
    return await(claims.size());
  }

  Outcome deliverOne() throws InterruptedException {
    return deliver(message("rcpt@to.example")).getFirst();
  }

  List<Outcome> await(int count) throws InterruptedException {
    List<Outcome> got = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Outcome outcome = outcomes.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      assertThat(outcome).as("outcome %s of %s; so far %s", i + 1, count, got).isNotNull();
      got.add(outcome);
    }
    got.sort((a, b) -> Integer.compare(a.claim().seq(), b.claim().seq()));
    return got;
  }

  private Bodies.Body open(String id) throws IOException {
    byte[] whole = bodies.get(id);
    if (whole == null) {
      throw new IOException("no body of " + id);
    }
    return new Bodies.Body() {
      private int offset;

      @Override
      public byte[] next() {
        int end = Math.min(whole.length, offset + (1 << 20));
        byte[] chunk = Arrays.copyOfRange(whole, offset, end);
        offset = end;
        return chunk;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void close() {
    engine.close();
    assertThat(outcomes).as("outcomes that nobody expected").isEmpty();
  }
}
