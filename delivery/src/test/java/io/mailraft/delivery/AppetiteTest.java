package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.Throttle.Scope;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A domain that cannot be sent at speed keeps its mail in the queue and holds up nobody. */
class AppetiteTest {
  private static final int OTHERS = 20;
  private static final int EACH = 150;

  private static SmtpSink sink(String address, int port, Script script) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(message -> {})
            .withListen(new InetSocketAddress(InetAddress.ofLiteral(address), port))
            .withKeep(SmtpSink.Keep.COUNT)
            .withScript(script));
  }

  private static void host(DnsFixture dns, String domain, String address) {
    dns.mx(domain, 10, "mx." + domain).address("mx." + domain, address);
  }

  private static List<Claim> others(Rig rig) {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      for (int j = 0; j < OTHERS; j++) {
        claims.addAll(rig.message("a@d" + j + ".example"));
      }
    }
    return claims;
  }

  /** Seconds that the mail of the other domains takes, beside a queue for one slow domain. */
  private double others(int slow, boolean withSlow) throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        TokenCounter tokens = new TokenCounter().counter("slow.example", 1.0 / 60, 1);
        SmtpSink sink = sink("127.0.0.21", 0, Script.OBEDIENT);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(16)
                .feeder(feeder)
                .throttling(tokens)
                .throttles(Rig.rate("slow.example", "1/minute", 1, Scope.CLUSTER))
                .start()) {
      host(dns, "slow.example", "127.0.0.21");
      for (int j = 0; j < OTHERS; j++) {
        host(dns, "d" + j + ".example", "127.0.0.21");
      }
      if (withSlow) {
        List<Claim> queue = new ArrayList<>(slow);
        for (int i = 0; i < slow; i++) {
          queue.addAll(rig.message("a@slow.example"));
        }
        feeder.queue(queue);
        feeder.await("the first send", () -> feeder.ends("slow.example").size() == 1);
      }
      long start = System.nanoTime();
      feeder.queue(others(rig));
      feeder.awaitEnds(OTHERS * EACH + (withSlow ? 1 : 0));
      double seconds = (System.nanoTime() - start) / 1e9;
      if (withSlow) {
        assertThat(feeder.ends("slow.example")).hasSize(1);
        // A limit that was told while the first send was under way counts that one, too, at first.
        feeder.await(
            "one is kept in hand",
            () ->
                feeder.hunger().limit("default", "slow.example").filter(n -> n == 1).isPresent()
                    && feeder.held("default", "slow.example") == 1);
        assertThat(feeder.returned()).isLessThan(100);
        assertThat(feeder.hunger().said())
            .filteredOn(word -> word.startsWith("slow"))
            .hasSizeBetween(1, 2);
        // The last outcome is heard of a moment before the claim is off the engine's books.
        feeder.await("one is kept", () -> rig.engine.open("default") == 1);
        assertThat(tokens.takes()).isLessThan(10);
      }
      return seconds;
    }
  }

  @Test
  void a_domain_of_one_a_minute_with_a_hundred_thousand_queued_holds_up_nobody() throws Exception {
    others(0, false);
    double alone = others(0, false);
    double beside = others(100_000, true);
    System.out.printf(
        "%d messages alone in %.2f s, beside 100,000 in %.2f s%n", OTHERS * EACH, alone, beside);
    assertThat(beside).isLessThan(3 * alone + 1);
  }

  @Test
  void a_domain_at_a_rate_is_sent_at_that_rate_out_of_a_small_share_of_memory() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        TokenCounter tokens = new TokenCounter().counter("slow.example", 50, 5);
        SmtpSink sink = sink("127.0.0.21", 0, Script.OBEDIENT);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(8)
                .feeder(feeder)
                .throttling(tokens)
                .throttles(Rig.rate("slow.example", "50/second", 5, Scope.CLUSTER))
                .start()) {
      host(dns, "slow.example", "127.0.0.21");
      for (int i = 0; i < 1000; i++) {
        feeder.queue(rig.message("a@slow.example"));
      }
      feeder.awaitEnds(20);
      long start = System.nanoTime();
      feeder.awaitEnds(220);
      double seconds = (System.nanoTime() - start) / 1e9;
      // 95 % of the rate, with a second for a machine that is busy, and not more than the rate.
      assertThat(seconds).isBetween(3.7, 200 / 50.0 / 0.95 + 1);
      assertThat(feeder.held("default", "slow.example")).isLessThanOrEqualTo(125);
      assertThat(feeder.hunger().said().size()).isLessThan(20);
    }
  }

  @Test
  void a_limited_domain_is_free_again_when_it_flows() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        TokenCounter tokens = new TokenCounter().counter("slow.example", 20, 1);
        SmtpSink sink = sink("127.0.0.21", 0, Script.OBEDIENT);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .feeder(feeder)
                .throttling(tokens)
                .throttles(Rig.rate("slow.example", "20/second", 1, Scope.CLUSTER))
                .start()) {
      host(dns, "slow.example", "127.0.0.21");
      for (int i = 0; i < 60; i++) {
        feeder.queue(rig.message("a@slow.example"));
      }
      feeder.await("a limit", () -> feeder.hunger().limit("default", "slow.example").isPresent());
      feeder.awaitEnds(60);
      feeder.await("freedom", () -> feeder.hunger().limit("default", "slow.example").isEmpty());
      feeder.await("nothing is kept", () -> rig.engine.sites("default").size() <= 1);
    }
  }

  @Test
  void a_site_that_hangs_gives_its_mail_back() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink good = sink("127.0.0.21", 0, Script.OBEDIENT);
        SmtpSink bad = sink("127.0.0.22", good.port(), Script.at(Stage.MAIL, Action.HANG));
        Rig rig = Rig.byMx(good.port(), dns.port()).connections(8).feeder(feeder).start()) {
      host(dns, "bad.example", "127.0.0.22");
      for (int j = 0; j < OTHERS; j++) {
        host(dns, "d" + j + ".example", "127.0.0.21");
      }
      for (int i = 0; i < 500; i++) {
        feeder.queue(rig.message("a@bad.example"));
      }
      feeder.await("a limit", () -> feeder.hunger().limit("default", "bad.example").isPresent());
      feeder.await("few are held", () -> feeder.held("default", "bad.example") <= 2);
      feeder.queue(others(rig));
      feeder.await("the others", () -> feeder.ended() >= OTHERS * EACH);
      assertThat(feeder.ends("bad.example")).isEmpty();
      assertThat(bad.connections()).isEqualTo(1);
    }
  }

  @Test
  void a_dead_sites_mail_is_deferred_some_at_a_time_while_others_flow() throws Exception {
    int port;
    try (SmtpSink sink = sink("127.0.0.21", 0, Script.OBEDIENT)) {
      port = sink.port();
    }
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink good = sink("127.0.0.21", port, Script.OBEDIENT);
        Rig rig = Rig.byMx(port, dns.port()).feeder(feeder).start()) {
      host(dns, "dead.example", "127.0.0.29");
      host(dns, "d0.example", "127.0.0.21");
      for (int i = 0; i < 300; i++) {
        feeder.queue(rig.message("a@dead.example"));
        feeder.queue(rig.message("a@d0.example"));
      }
      feeder.awaitEnds(600);
      assertThat(feeder.ends("dead.example"))
          .hasSize(300)
          .allMatch(Outcome.Deferred.class::isInstance);
      assertThat(good.messages()).isEqualTo(300);
      feeder.await("freedom", () -> feeder.hunger().limit("default", "dead.example").isEmpty());
    }
  }

  @Test
  void hundreds_of_throttled_domains_hold_one_claim_each() throws Exception {
    int domains = 400;
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        TokenCounter tokens = new TokenCounter();
        SmtpSink sink = sink("127.0.0.21", 0, Script.OBEDIENT);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(16)
                .feeder(feeder)
                .throttling(tokens)
                .throttles(Rig.rate("default", "1/minute", 1, Scope.CLUSTER))
                .start()) {
      List<Claim> claims = new ArrayList<>();
      for (int i = 0; i < domains; i++) {
        String domain = "t" + i + ".example";
        host(dns, domain, "127.0.0.21");
        tokens.counter("default site=mx." + domain + ":" + sink.port(), 1.0 / 60, 1);
        for (int j = 0; j < 5; j++) {
          claims.addAll(rig.message("a@" + domain));
        }
      }
      long start = System.nanoTime();
      feeder.queue(claims);
      feeder.awaitEnds(domains);
      System.out.printf(
          "%d first sends in %.2f s, %d came back%n",
          domains, (System.nanoTime() - start) / 1e9, feeder.returned());
      assertThat(sink.messages()).isEqualTo(domains);
      feeder.await(
          "one each", () -> rig.engine.open("default") <= domains && feeder.ended() == domains);
      assertThat(rig.engine.sites("default"))
          .filteredOn(state -> state.phase() instanceof SiteState.Throttled)
          .hasSize(domains);
    }
  }

  @Test
  void a_zone_whose_connections_are_all_busy_limits_hardly_anybody() throws Exception {
    AtomicBoolean slow = new AtomicBoolean(true);
    CountDownLatch never = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT && slow.get()) {
            try {
              assertThat(never.await(100, TimeUnit.MILLISECONDS)).isFalse();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
          return Action.PROCEED;
        };
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        SmtpSink sink = sink("127.0.0.21", 0, script);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(2)
                .idle(Duration.ofSeconds(5))
                .feeder(feeder)
                .start()) {
      for (int j = 0; j < OTHERS; j++) {
        host(dns, "d" + j + ".example", "127.0.0.21");
      }
      feeder.queue(others(rig));
      feeder.awaitEnds(60);
      slow.set(false);
      // But for those who have all that they may have.
      assertThat(feeder.hunger().said().size()).isLessThan(8);
    }
  }
}
