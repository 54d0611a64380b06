package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.mailraft.config.Throttle.Scope;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a claim is doing, and how a site's mail goes, is read from the state that decides. */
class ObserverTest {

  private static SmtpSink sink(Script script) throws IOException {
    return SmtpSink.start(SmtpSink.Options.of(message -> {}).withScript(script));
  }

  /** A script that stops at a stage until it is let go on. */
  private static final class Stop implements Script {
    private final Stage stage;
    private final CountDownLatch there = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);

    private Stop(Stage stage) {
      this.stage = stage;
    }

    @Override
    public Action at(io.mailraft.testkit.Moment moment) {
      if (moment.stage() == stage) {
        there.countDown();
        try {
          gate.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return Action.PROCEED;
    }
  }

  private static Optional<ClaimPhase> phase(Rig rig, Claim claim) {
    return rig.engine.phase(claim.messageId(), claim.seq()).join();
  }

  @Test
  void each_step_of_an_attempt_is_told_with_source_and_host() throws Exception {
    Map<Stage, ClaimPhase.Step> steps = new EnumMap<>(Stage.class);
    steps.put(Stage.CONNECT, ClaimPhase.Step.GREETING);
    steps.put(Stage.MAIL, ClaimPhase.Step.MAIL);
    steps.put(Stage.RCPT, ClaimPhase.Step.RCPT);
    steps.put(Stage.DATA, ClaimPhase.Step.DATA);
    steps.put(Stage.DOT, ClaimPhase.Step.FINAL_DOT);
    for (Map.Entry<Stage, ClaimPhase.Step> each : steps.entrySet()) {
      Stop stop = new Stop(each.getKey());
      // Without PIPELINING, so that each reply is awaited for itself.
      Script script =
          moment ->
              moment.stage() == Stage.EHLO ? Action.reply("250-sink\n250 SIZE 0") : stop.at(moment);
      try (SmtpSink sink = sink(script);
          Rig rig = Rig.to(sink.port()).pool("127.0.0.11").start()) {
        Instant before = Instant.now();
        Claim claim = rig.message("a@to.example").getFirst();
        rig.engine.offer(List.of(claim));
        assertThat(stop.there.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        // The sink may see the connection before this side does.
        long end = System.nanoTime() + Rig.PATIENCE.toNanos();
        while (phase(rig, claim).orElseThrow().step() != each.getValue()) {
          assertThat(System.nanoTime() - end).isNegative();
          Thread.onSpinWait();
        }
        ClaimPhase phase = phase(rig, claim).orElseThrow();
        assertThat(phase.step()).isEqualTo(each.getValue());
        assertThat(phase.source()).isEqualTo("127.0.0.11");
        assertThat(phase.host()).isEqualTo("127.0.0.1 [127.0.0.1]");
        assertThat(phase.detail()).isNotEmpty();
        assertThat(phase.since()).isBetween(before.minusMillis(50), Instant.now().plusMillis(50));
        assertThat(phase(rig, rig.message("b@to.example").getFirst())).isEmpty();
        stop.gate.countDown();
        assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Delivered.class);
        assertThat(phase(rig, claim)).isEmpty();
      }
    }
  }

  @Test
  void an_attempt_under_way_in_a_zone_that_is_removed_still_says_where_it_stands()
      throws Exception {
    Stop stop = new Stop(Stage.DOT);
    try (SmtpSink sink = sink(stop);
        Rig rig = Rig.to(sink.port()).start()) {
      Claim claim = rig.message("a@to.example").getFirst();
      rig.engine.offer(List.of(claim));
      assertThat(stop.there.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      rig.engine.zones(Map.of());
      assertThat(phase(rig, claim)).isPresent();
      stop.gate.countDown();
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Delivered.class);
    }
  }

  @Test
  void a_claim_that_waits_says_for_what() throws Exception {
    Stop stop = new Stop(Stage.DOT);
    try (DnsFixture dns = DnsFixture.start();
        TokenCounter tokens = new TokenCounter().counter("slow.example", 0.01, 1);
        SmtpSink sink = sink(stop);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(1)
                .throttling(tokens)
                .throttles(Rig.rate("slow.example", "1/minute", 1, Scope.CLUSTER))
                .start()) {
      dns.mx("to.example", 10, "mx.to.example").address("mx.to.example", "127.0.0.1");
      dns.mx("other.example", 10, "mx.other.example").address("mx.other.example", "127.0.0.1");
      dns.silent("mute.example");
      rig.engine.offer(rig.message("a@to.example"));
      assertThat(stop.there.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      Claim behind = rig.message("b@to.example").getFirst();
      Claim other = rig.message("a@other.example").getFirst();
      Claim mute = rig.message("a@mute.example").getFirst();
      rig.engine.offer(List.of(behind, other, mute));
      ClaimPhase routing = phase(rig, mute).orElseThrow();
      assertThat(routing.step()).isEqualTo(ClaimPhase.Step.ROUTING);
      assertThat(routing.detail()).isEqualTo("the route of mute.example");
      long end = System.nanoTime() + Rig.PATIENCE.toNanos();
      while (phase(rig, other).orElseThrow().step() == ClaimPhase.Step.ROUTING) {
        assertThat(System.nanoTime() - end).isNegative();
        Thread.onSpinWait();
      }
      ClaimPhase full = phase(rig, other).orElseThrow();
      assertThat(full.step()).isEqualTo(ClaimPhase.Step.WAITING);
      assertThat(full.detail()).isEqualTo("no connection free under zone:default");
      assertThat(phase(rig, behind).orElseThrow().detail())
          .contains("its turn at mx.to.example:" + sink.port())
          .contains("1 of the zone's 1 connections");
      String site = "mx.to.example:" + sink.port();
      List<ConnectionUse> users = rig.engine.users("zone:default");
      assertThat(users)
          .extracting(ConnectionUse::zone, ConnectionUse::site, ConnectionUse::connections)
          .containsExactly(tuple("default", site, 1));
      Outlook outlook = rig.engine.outlook("default", "to.example").orElseThrow();
      assertThat(outlook.ways()).extracting(SiteState::site).containsExactly(site);
      assertThat(outlook.limit()).isEmpty();
      assertThat(outlook.held()).isEqualTo(2);
      assertThat(outlook.connections()).isEqualTo(1);
      assertThat(outlook.connectionsMax()).isEqualTo(1);
      assertThat(rig.engine.outlook("default", "nobody.example").orElseThrow().ways()).isEmpty();
      stop.gate.countDown();
      rig.await(4);
    }
  }

  @Test
  void a_throttled_claim_names_the_counter_and_since_when() throws Exception {
    try (TokenCounter tokens = new TokenCounter().counter("slow.example", 0.01, 1);
        SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .throttling(tokens)
                .throttles(Rig.rate("slow.example", "1/minute", 1, Scope.CLUSTER))
                .start()) {
      rig.deliver(rig.message("a@slow.example"));
      Instant before = Instant.now();
      Claim claim = rig.message("b@slow.example").getFirst();
      rig.engine.offer(List.of(claim));
      long end = System.nanoTime() + Rig.PATIENCE.toNanos();
      while (!phase(rig, claim).map(ClaimPhase::detail).orElse("").startsWith("throttled")) {
        assertThat(System.nanoTime() - end).isNegative();
        Thread.onSpinWait();
      }
      ClaimPhase phase = phase(rig, claim).orElseThrow();
      assertThat(phase.step()).isEqualTo(ClaimPhase.Step.WAITING);
      assertThat(phase.detail()).isEqualTo("throttled by slow.example");
      assertThat(phase.cause()).get().isInstanceOf(SiteState.Throttled.class);
      assertThat(phase.since()).isBetween(before.minusMillis(50), Instant.now().plusMillis(50));
      rig.engine.stop(Rig.PATIENCE).join();
      rig.await(1);
    }
  }

  @Test
  void an_unknown_zone_has_no_sites_and_an_unknown_claim_no_phase() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.engine.sites("none")).isEmpty();
      assertThat(rig.engine.outlook("none", "to.example")).isEmpty();
      assertThat(rig.engine.phase("000000000000000000", 1).join()).isEmpty();
      rig.engine.stop(Rig.PATIENCE).join();
      assertThat(rig.engine.phase("000000000000000000", 1).join()).isEmpty();
    }
  }
}
