package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.Throttle;
import io.mailraft.config.Throttle.Scope;
import io.mailraft.config.ZoneConfig;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Connection limits of throttles, over sites, zones and sources of one engine. */
class ConnectionLimitTest {
  private static final String MX = "mx:*.host.example";

  /** Counts the connections that are in a transaction, which takes a moment. */
  private static final class Busy implements Script {
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final Map<String, AtomicInteger> mostByName = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> byName = new ConcurrentHashMap<>();
    private final Map<Long, String> names = new ConcurrentHashMap<>();
    private final CountDownLatch never = new CountDownLatch(1);

    @Override
    public Action at(io.mailraft.testkit.Moment moment) {
      switch (moment.stage()) {
        case EHLO -> names.put(moment.connection(), moment.argument());
        case MAIL -> {
          String name = names.getOrDefault(moment.connection(), "");
          int all = now.incrementAndGet();
          most.accumulateAndGet(all, Math::max);
          int own = byName.computeIfAbsent(name, key -> new AtomicInteger()).incrementAndGet();
          mostByName
              .computeIfAbsent(name, key -> new AtomicInteger())
              .accumulateAndGet(own, Math::max);
        }
        case DOT -> {
          hold();
          String name = names.getOrDefault(moment.connection(), "");
          byName.computeIfAbsent(name, key -> new AtomicInteger()).decrementAndGet();
          now.decrementAndGet();
        }
        default -> {
          // Nothing is counted.
        }
      }
      return Action.PROCEED;
    }

    private void hold() {
      try {
        assertThat(never.await(5, TimeUnit.MILLISECONDS)).isFalse();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(message -> {})
            .withListen(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.21"), 0))
            .withScript(script));
  }

  private static void hosts(DnsFixture dns, int count) {
    for (int i = 0; i < count; i++) {
      dns.mx("d" + i + ".example", 10, "mx" + i + ".host.example");
      dns.address("mx" + i + ".host.example", "127.0.0.21");
    }
  }

  private static ZonePlan named(ZonePlan plan, String name) {
    ZoneConfig config = plan.config();
    return new ZonePlan(
        new ZoneConfig(
            name,
            config.connections(),
            config.host(),
            config.port(),
            config.routing(),
            config.pool(),
            config.throttle()),
        plan.connections(),
        plan.sources(),
        plan.throttles(),
        plan.shares(),
        plan.blocklistPause());
  }

  private static Claim in(Claim claim, String zone) {
    return Claims.fresh(
        claim.messageId(),
        claim.seq(),
        claim.epoch(),
        zone,
        claim.domain(),
        claim.recipient(),
        claim.message(),
        claim.attempts(),
        Optional.empty());
  }

  @Test
  void a_limit_per_cluster_holds_over_sites_and_zones_and_nobody_starves() throws Exception {
    Busy busy = new Busy();
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(busy);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(20)
                .feeder(feeder)
                .throttles(Rig.connections(MX, 3, Scope.CLUSTER))
                .start()) {
      rig.engine.zones(Map.of("default", rig.plan(), "other", named(rig.plan(), "other")));
      hosts(dns, 6);
      List<Claim> claims = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        Claim claim = rig.message("a@d" + (i % 6) + ".example").getFirst();
        claims.add(i % 2 == 0 ? claim : in(claim, "other"));
      }
      feeder.queue(claims);
      feeder.awaitEnds(300);
      assertThat(sink.messages()).isEqualTo(300);
      assertThat(busy.most.get()).isBetween(2, 3);
    }
  }

  @Test
  void a_limit_per_zone_holds_for_each_zone() throws Exception {
    Busy busy = new Busy();
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(busy);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(20)
                .feeder(feeder)
                .throttles(Rig.connections(MX, 2, Scope.ZONE))
                .start()) {
      rig.engine.zones(Map.of("default", rig.plan(), "other", named(rig.plan(), "other")));
      hosts(dns, 1);
      List<Claim> claims = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Claim claim = rig.message("a@d0.example").getFirst();
        claims.add(i % 2 == 0 ? claim : in(claim, "other"));
      }
      feeder.queue(claims);
      feeder.awaitEnds(200);
      assertThat(busy.most.get()).isBetween(3, 4);
    }
  }

  @Test
  void a_limit_per_source_holds_for_each_source() throws Exception {
    Busy busy = new Busy();
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(busy);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(20)
                .pool("127.0.0.11*5", "127.0.0.12")
                .feeder(feeder)
                .throttles(Rig.connections(Throttle.DEFAULT, 2, Scope.SOURCE))
                .start()) {
      hosts(dns, 1);
      for (int i = 0; i < 200; i++) {
        feeder.queue(rig.message("a@d0.example"));
      }
      feeder.awaitEnds(200);
      assertThat(busy.mostByName).hasSize(2);
      assertThat(busy.mostByName.values()).allMatch(most -> most.get() <= 2);
      assertThat(busy.most.get()).isBetween(3, 4);
    }
  }

  @Test
  void the_nodes_part_is_what_counts_and_a_changed_one_is_kept_to() throws Exception {
    Busy busy = new Busy();
    AtomicInteger part = new AtomicInteger(4);
    List<String> asked = new ArrayList<>();
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(busy);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(20)
                .feeder(feeder)
                .throttles(Rig.connections("d0.example", 12, Scope.CLUSTER))
                .shares(
                    (counter, limit) -> {
                      synchronized (asked) {
                        asked.add(counter + " " + limit);
                      }
                      return part.get();
                    })
                .start()) {
      hosts(dns, 1);
      for (int i = 0; i < 900; i++) {
        feeder.queue(rig.message("a@d0.example"));
      }
      feeder.awaitEnds(200);
      assertThat(busy.most.get()).isBetween(3, 4);
      assertThat(asked).contains("d0.example 12");
      part.set(1);
      rig.plan(rig.plan());
      feeder.await("one connection is left", () -> sink.openConnections() == 1);
      busy.most.set(0);
      feeder.awaitEnds(feeder.ended() + 100);
      assertThat(busy.most.get()).isEqualTo(1);
      part.set(8);
      rig.plan(rig.plan());
      feeder.awaitEnds(900);
      assertThat(busy.most.get()).isBetween(2, 8);
    }
  }

  @Test
  void where_the_node_has_no_part_the_domain_is_not_wanted_until_it_has() throws Exception {
    AtomicInteger part = new AtomicInteger();
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .feeder(feeder)
                .throttles(Rig.connections("d0.example", 1, Scope.CLUSTER))
                .shares((counter, limit) -> part.get())
                .start()) {
      hosts(dns, 2);
      for (int i = 0; i < 50; i++) {
        feeder.queue(rig.message("a@d0.example"));
        feeder.queue(rig.message("a@d1.example"));
      }
      feeder.await("others", () -> feeder.ends("d1.example").size() == 50);
      assertThat(feeder.ends("d0.example")).isEmpty();
      assertThat(feeder.held("default", "d0.example")).isZero();
      assertThat(feeder.hunger().limit("default", "d0.example")).contains(0);
      assertThat(rig.engine.sites("default"))
          .filteredOn(state -> state.phase() instanceof SiteState.ConnectionsFull)
          .isNotEmpty();
      part.set(1);
      rig.plan(rig.plan());
      feeder.await("the domain", () -> feeder.ends("d0.example").size() == 50);
    }
  }

  @Test
  void a_new_entry_binds_connections_that_are_open_already() throws Exception {
    Busy busy = new Busy();
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(busy);
        Rig rig = Rig.byMx(sink.port(), dns.port()).connections(8).feeder(feeder).start()) {
      hosts(dns, 1);
      for (int i = 0; i < 600; i++) {
        feeder.queue(rig.message("a@d0.example"));
      }
      feeder.awaitEnds(100);
      assertThat(busy.most.get()).isGreaterThan(3);
      ZonePlan plan = rig.plan();
      rig.plan(
          new ZonePlan(
              plan.config(),
              plan.connections(),
              plan.sources(),
              Rig.throttles(Rig.connections(MX, 2, Scope.CLUSTER)),
              plan.shares(),
              plan.blocklistPause()));
      feeder.await("two are left", () -> sink.openConnections() <= 2);
      busy.most.set(0);
      feeder.awaitEnds(600);
      assertThat(busy.most.get()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void an_idle_connection_gives_its_place_to_whoever_waits_under_the_limit() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sink(Script.at(Stage.RSET, Action.PROCEED));
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(10)
                .throttles(Rig.connections(MX, 1, Scope.CLUSTER))
                .start()) {
      hosts(dns, 3);
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++) {
          assertThat(rig.deliver(rig.message("a@d" + i + ".example")).getFirst())
              .isInstanceOf(Outcome.Delivered.class);
          assertThat(sink.openConnections()).isLessThanOrEqualTo(1);
        }
      }
    }
  }
}
