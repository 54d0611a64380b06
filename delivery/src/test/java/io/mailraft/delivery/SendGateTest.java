package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.Throttle;
import io.mailraft.config.Throttle.Scope;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Sends are taken before MAIL, one for each recipient, and for nothing that does not start. */
class SendGateTest {
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final List<Long> starts = new CopyOnWriteArrayList<>();

  private SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(received::add)
            .withScript(
                moment -> {
                  if (moment.stage() == Stage.RCPT) {
                    starts.add(System.nanoTime());
                  }
                  return script.at(moment);
                }));
  }

  private static SmtpSink sinkAt(String address, int port, Script script, List<Received> received)
      throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(received::add)
            .withListen(new InetSocketAddress(InetAddress.ofLiteral(address), port))
            .withScript(script));
  }

  /** The most starts in any window of so many seconds. */
  private int worst(double seconds) {
    List<Long> sorted = starts.stream().sorted().toList();
    int worst = 0;
    int first = 0;
    for (int last = 0; last < sorted.size(); last++) {
      while (sorted.get(last) - sorted.get(first) > seconds * 1e9) {
        first++;
      }
      worst = Math.max(worst, last - first + 1);
    }
    return worst;
  }

  /** What a run broke, given the sends that were taken and those that a sink saw start. */
  private static List<String> violations(long taken, long started) {
    List<String> found = new ArrayList<>();
    if (started > taken) {
      found.add(started + " sends were started and " + taken + " taken");
    }
    if (started < taken) {
      found.add(taken + " sends were taken and " + started + " started");
    }
    return found;
  }

  @Test
  void i7_a_zone_never_starts_more_sends_than_its_rate_gives_and_uses_all_of_them()
      throws Exception {
    try (TokenCounter tokens = new TokenCounter().counter("zone:default", 40, 5);
        SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .connections(6)
                .recipientsMax(4)
                .rate("40/second")
                .throttling(tokens)
                .start()) {
      long start = System.nanoTime();
      int count = 0;
      for (int i = 0; i < 20; i++) {
        rig.engine.offer(rig.message("a@x.example", "b@x.example", "c@y.example"));
        rig.engine.offer(rig.message("d@z.example"));
        count += 4;
      }
      assertThat(rig.await(count)).allMatch(Outcome.Delivered.class::isInstance);
      double seconds = (System.nanoTime() - start) / 1e9;
      assertThat(violations(tokens.taken(), starts.size())).isEmpty();
      assertThat(tokens.taken()).isEqualTo(count);
      // A tenth of a second for what the clock and the network do between taking and starting.
      assertThat(worst(1)).isLessThanOrEqualTo((int) (40 * 1.1) + 5);
      assertThat(seconds).isBetween((count - 5) / 40.0 - 0.1, (count - 5) / 40.0 + 2);
    }
  }

  @Test
  void the_check_catches_planted_faults() throws Exception {
    AtomicLong counted = new AtomicLong();
    Throttling generous =
        new Throttling() {
          @Override
          public int take(List<String> counters, int most) {
            counted.addAndGet(most - 1);
            return most;
          }

          @Override
          public void await(List<String> counters, int sends, Runnable room) {
            throw new IllegalStateException("nobody waits");
          }

          @Override
          public boolean ready(List<String> counters) {
            return true;
          }

          @Override
          public boolean spent(String warmUpCounter) {
            return false;
          }
        };
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).rate("40/second").throttling(generous).start()) {
      rig.deliver(rig.message("a@x.example", "b@x.example"));
      assertThat(violations(counted.get(), starts.size()))
          .containsExactly("2 sends were started and 1 taken");
      assertThat(violations(3, starts.size())).containsExactly("3 sends were taken and 2 started");
    }
  }

  @Test
  void each_site_has_the_counters_of_its_zone_and_of_the_entries_that_bind_it() throws Exception {
    List<List<String>> asked = new CopyOnWriteArrayList<>();
    Throttling recording =
        new Throttling() {
          @Override
          public int take(List<String> counters, int most) {
            asked.add(List.copyOf(counters));
            return most;
          }

          @Override
          public void await(List<String> counters, int sends, Runnable room) {
            throw new IllegalStateException("nobody waits");
          }

          @Override
          public boolean ready(List<String> counters) {
            return true;
          }

          @Override
          public boolean spent(String warmUpCounter) {
            return false;
          }
        };
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sinkAt("127.0.0.21", 0, Script.OBEDIENT, received);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .rate("10/second")
                .pool("127.0.0.11")
                .throttling(recording)
                .throttles(
                    Rig.rate("own.example", "1/second", 1, Scope.CLUSTER),
                    Rig.rate("*.own.example", "1/second", 1, Scope.ZONE),
                    Rig.rate("mx:*.host.example", "1/second", 1, Scope.SOURCE),
                    Rig.rate("default", "1/second", 1, Scope.CLUSTER))
                .start()) {
      for (String domain : List.of("own.example", "sub.own.example", "other.example")) {
        dns.mx(domain, 10, "mx.host.example");
      }
      dns.mx("plain.example", 20, "b.plain.example").mx("plain.example", 10, "z.plain.example");
      dns.address("mx.host.example", "127.0.0.21");
      dns.address("b.plain.example", "127.0.0.21").address("z.plain.example", "127.0.0.21");
      for (String domain :
          List.of("own.example", "sub.own.example", "other.example", "plain.example")) {
        assertThat(rig.deliver(rig.message("a@" + domain)).getFirst())
            .isInstanceOf(Outcome.Delivered.class);
      }
      String mx = "mx:*.host.example source=127.0.0.11";
      assertThat(asked)
          .containsExactly(
              List.of("zone:default", "own.example", mx),
              List.of("zone:default", "*.own.example zone=default", mx),
              List.of("zone:default", mx),
              List.of(
                  "zone:default", "default site=b.plain.example,z.plain.example:" + sink.port()));
    }
  }

  @Test
  void a_zone_without_a_pool_counts_by_the_address_that_a_connection_has() throws Exception {
    try (TokenCounter tokens =
            new TokenCounter().counter("x.example source=127.0.0.1", 1000, 1000);
        SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .throttling(tokens)
                .throttles(Rig.rate("x.example", "1000/second", 1000, Scope.SOURCE))
                .start()) {
      assertThat(rig.deliver(rig.message("a@x.example", "b@x.example")))
          .allMatch(Outcome.Delivered.class::isInstance);
      assertThat(tokens.taken()).isEqualTo(2);
    }
  }

  @Test
  void a_fixed_next_hop_is_bound_by_the_domain_alone() throws Exception {
    try (TokenCounter tokens = new TokenCounter().counter("x.example", 1, 1);
        SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .throttling(tokens)
                .throttles(
                    Rig.rate("x.example", "1/second", 1, Scope.CLUSTER),
                    Rig.rate("default", "1/hour", 1, Scope.CLUSTER))
                .start()) {
      rig.deliver(rig.message("a@x.example"));
      for (int i = 0; i < 10; i++) {
        assertThat(rig.deliver(rig.message("a@y.example")).getFirst())
            .isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(tokens.taken()).isEqualTo(1);
    }
  }

  @Test
  void a_claim_that_starts_over_takes_its_sends_again() throws Exception {
    Script script =
        moment ->
            moment.stage() == Stage.MAIL && moment.transaction() == 2
                ? Action.CLOSE
                : Action.PROCEED;
    try (TokenCounter tokens = new TokenCounter().counter("zone:default", 1000, 1000);
        SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).rate("1000/second").throttling(tokens).start()) {
      rig.deliverOne();
      rig.deliver(rig.message("a@x.example", "b@x.example"));
      assertThat(sink.connections()).isEqualTo(2);
      assertThat(tokens.taken()).isEqualTo(5);
    }
  }

  @Test
  void nothing_is_taken_for_what_cannot_start() throws Exception {
    Script script = Script.at(Stage.EHLO, Action.reply("250-sink\n250-PIPELINING\n250 SIZE 10"));
    try (TokenCounter tokens = new TokenCounter().counter("zone:default", 1000, 1000);
        SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).rate("1000/second").throttling(tokens).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Bounced.class);
      rig.lease = epoch -> false;
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Returned.class);
      assertThat(tokens.taken()).isZero();
    }
  }

  @Test
  void sends_are_neither_lost_nor_invented_while_a_sink_misbehaves() throws Exception {
    AtomicLong seed = new AtomicLong(new Random().nextLong());
    System.out.println("seed " + seed.get());
    AtomicLong mails = new AtomicLong();
    Script script =
        moment -> {
          if (moment.stage() == Stage.MAIL) {
            mails.incrementAndGet();
          }
          Random random = new Random(seed.incrementAndGet() * 31);
          if (random.nextInt(100) >= 10) {
            return Action.PROCEED;
          }
          return switch (moment.stage()) {
            case RCPT -> Action.reply("550 5.1.1 Nobody");
            case DATA -> Action.reply("451 4.3.0 Later");
            case DOT -> Action.CLOSE;
            case MAIL -> Action.reply("550 5.7.1 Not from you");
            default -> Action.PROCEED;
          };
        };
    try (TokenCounter tokens = new TokenCounter().counter("zone:default", 300, 30);
        SmtpSink sink = sink(script);
        Rig rig =
            Rig.to(sink.port())
                .connections(5)
                .recipientsMax(3)
                .rate("300/second")
                .throttling(tokens)
                .start()) {
      int count = 0;
      for (int i = 0; i < 100; i++) {
        String[] recipients = new String[1 + i % 5];
        for (int j = 0; j < recipients.length; j++) {
          recipients[j] = "m" + i + "r" + j + "@x.example";
        }
        rig.engine.offer(rig.message(recipients));
        count += recipients.length;
      }
      assertThat(rig.await(count)).hasSize(count);
      assertThat(tokens.taken()).isEqualTo(count);
      // PIPELINING: every RCPT that was started reached the sink, but where MAIL was refused.
      assertThat(starts.size()).isLessThanOrEqualTo(count);
    }
  }

  @Test
  void a_site_without_sends_opens_no_connection_and_does_not_poll() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        TokenCounter tokens = new TokenCounter().counter("slow.example", 0.001, 1);
        SmtpSink sink = sinkAt("127.0.0.21", 0, Script.OBEDIENT, received);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .idle(Duration.ofMillis(100))
                .throttling(tokens)
                .throttles(Rig.rate("slow.example", "4/hour", 1, Scope.CLUSTER))
                .start()) {
      dns.mx("slow.example", 10, "mx.slow.example").address("mx.slow.example", "127.0.0.21");
      dns.mx("fast.example", 10, "mx.fast.example").address("mx.fast.example", "127.0.0.21");
      assertThat(rig.deliver(rig.message("a@slow.example")).getFirst())
          .isInstanceOf(Outcome.Delivered.class);
      rig.engine.offer(rig.message("b@slow.example"));
      for (int i = 0; i < 200; i++) {
        assertThat(rig.deliver(rig.message("c@fast.example")).getFirst())
            .isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(tokens.taken()).isEqualTo(1);
      assertThat(tokens.takes()).isLessThan(5);
      assertThat(tokens.awaits()).isBetween(1L, 3L);
      assertThat(rig.engine.sites("default"))
          .filteredOn(state -> state.site().contains("slow"))
          .singleElement()
          .satisfies(
              state -> {
                assertThat(state.waiting()).isEqualTo(1);
                assertThat(state.phase()).isInstanceOf(SiteState.Throttled.class);
                assertThat(((SiteState.Throttled) state.phase()).counters())
                    .containsExactly("slow.example");
              });
      assertThat(rig.engine.stop(Rig.PATIENCE)).succeedsWithin(Rig.PATIENCE);
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Returned.class);
    }
  }

  @Test
  void each_send_of_many_slow_domains_costs_one_connection_at_most() throws Exception {
    int domains = 40;
    int each = 5;
    TokenCounter counters = new TokenCounter();
    List<Throttle> throttles = new ArrayList<>();
    for (int i = 0; i < domains; i++) {
      String domain = "d" + i + ".example";
      counters.counter(domain, 2, 1);
      throttles.add(Rig.rate(domain, "2/second", 1, Scope.CLUSTER));
    }
    try (TokenCounter tokens = counters;
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .connections(4)
                .feeder(feeder)
                .throttling(tokens)
                .throttles(throttles.toArray(Throttle[]::new))
                .start()) {
      List<Claim> claims = new ArrayList<>();
      for (int j = 0; j < each; j++) {
        for (int i = 0; i < domains; i++) {
          claims.addAll(rig.message("a@d" + i + ".example"));
        }
      }
      feeder.queue(claims);
      feeder.awaitEnds(claims.size());
      assertThat(sink.messages()).isEqualTo(claims.size());
      // One that is there already when sends come is used for them.
      assertThat(sink.connections()).isLessThanOrEqualTo(claims.size() + domains);
    }
  }

  @Test
  void zones_and_sites_under_one_counter_all_get_their_turn() throws Exception {
    int domains = 30;
    try (DnsFixture dns = DnsFixture.start();
        Feeder feeder = new Feeder();
        TokenCounter tokens = new TokenCounter().counter("mx:*.host.example", 100, 2);
        SmtpSink sink = sinkAt("127.0.0.21", 0, Script.OBEDIENT, received);
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(4)
                .feeder(feeder)
                .throttling(tokens)
                .throttles(Rig.rate("mx:*.host.example", "100/second", 2, Scope.CLUSTER))
                .start()) {
      ZonePlan one = rig.plan();
      ZonePlan other =
          new ZonePlan(
              new io.mailraft.config.ZoneConfig("other", 4, Optional.empty(), one.config().port()),
              4,
              List.of(),
              one.throttles(),
              one.shares(),
              one.blocklistPause());
      rig.engine.zones(java.util.Map.of("default", one, "other", other));
      List<Claim> claims = new ArrayList<>();
      for (int i = 0; i < domains; i++) {
        dns.mx("d" + i + ".example", 10, "mx" + i + ".host.example");
        dns.address("mx" + i + ".host.example", "127.0.0.21");
        for (int j = 0; j < 6; j++) {
          Claim claim = rig.message("a@d" + i + ".example").getFirst();
          claims.add(
              j % 2 == 0
                  ? claim
                  : Claims.fresh(
                      claim.messageId(),
                      1,
                      7,
                      "other",
                      claim.domain(),
                      claim.recipient(),
                      claim.message(),
                      0,
                      Optional.empty()));
        }
      }
      long start = System.nanoTime();
      feeder.queue(claims);
      feeder.awaitEnds(claims.size());
      double seconds = (System.nanoTime() - start) / 1e9;
      assertThat(sink.messages()).isEqualTo(claims.size());
      assertThat(tokens.taken()).isEqualTo(claims.size());
      assertThat(seconds).isLessThan(claims.size() / 100.0 + 5);
    }
  }

  @Test
  void sends_that_last_for_a_moment_are_used_though_a_connection_takes_longer() throws Exception {
    Script slowGreeting =
        moment -> {
          if (moment.stage() == Stage.EHLO) {
            pause(moment, 150);
          }
          return Action.PROCEED;
        };
    try (FleetingSlots slots = new FleetingSlots(500, 50);
        Feeder feeder = new Feeder();
        SmtpSink sink = sink(slowGreeting);
        Rig rig =
            Rig.to(sink.port())
                .idle(Duration.ofMillis(200))
                .feeder(feeder)
                .throttling(slots)
                .throttles(Rig.rate("x.example", "2/second", 1, Scope.CLUSTER))
                .start()) {
      long start = System.nanoTime();
      for (int i = 0; i < 6; i++) {
        feeder.queue(rig.message("a@x.example"));
      }
      feeder.awaitEnds(6);
      assertThat(sink.messages()).isEqualTo(6);
      assertThat((System.nanoTime() - start) / 1e9).isLessThan(8);
      assertThat(slots.taken()).isEqualTo(6);
    }
  }

  private static void pause(Moment moment, long millis) {
    try {
      // What is tested is a sink that takes its time.
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(moment.toString(), e);
    }
  }
}
