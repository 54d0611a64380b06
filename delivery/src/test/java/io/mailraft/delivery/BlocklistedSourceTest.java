package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source that a site has on a blocklist is off for that site, and the others take over. */
class BlocklistedSourceTest {
  private static final String A = "127.0.0.11";
  private static final String B = "127.0.0.12";
  private static final String LISTED =
      "554 5.7.1 Service unavailable; Client host [" + A + "] blocked using zen.spamhaus.org";

  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final Map<Long, String> names = new ConcurrentHashMap<>();

  private SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(received::add)
            .withScript(
                moment -> {
                  if (moment.stage() == Stage.EHLO) {
                    names.put(moment.connection(), moment.argument());
                  }
                  return script.at(moment);
                }));
  }

  /** Says something to the source A alone; at the greeting it can only be the first. */
  private Script toA(Stage stage, String reply) {
    return moment -> {
      if (moment.stage() != stage) {
        return Action.PROCEED;
      }
      boolean fromA =
          stage == Stage.CONNECT
              ? moment.connection() == 1
              : names.getOrDefault(moment.connection(), "").equals(name(A));
      return fromA ? Action.reply(reply) : Action.PROCEED;
    };
  }

  private static String name(String address) {
    return "s" + address.replace('.', '-') + ".example";
  }

  @ParameterizedTest
  @EnumSource(
      value = Stage.class,
      names = {"EHLO", "MAIL", "RCPT", "DATA", "DOT"})
  void another_source_takes_the_claim_at_once_and_all_that_follow(Stage stage) throws Exception {
    try (SmtpSink sink = sink(toA(stage, LISTED));
        Rig rig = Rig.to(sink.port()).connections(2).pool(A + "*1000", B).start()) {
      List<Claim> claims = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        claims.addAll(rig.message("a@to.example", "b@to.example"));
      }
      rig.engine.offer(claims);
      assertThat(rig.await(40)).allMatch(Outcome.Delivered.class::isInstance);
      assertThat(received).allMatch(message -> message.helo().equals(name(B)));
      assertThat(state(rig, A).phase()).isInstanceOf(SiteState.Blocklisted.class);
      assertThat(state(rig, B).phase()).isInstanceOf(SiteState.Ready.class);
      assertThat(
              rig.registry
                  .get("mailraft.delivery.blocklistings")
                  .tag("zone", "default")
                  .counter()
                  .count())
          .isPositive();
    }
  }

  @Test
  void a_greeting_of_that_kind_makes_another_source_try_at_once() throws Exception {
    try (SmtpSink sink = sink(toA(Stage.CONNECT, LISTED));
        Rig rig = Rig.to(sink.port()).pool(A, B).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(sink.connections()).isEqualTo(2);
      assertThat(rig.engine.sites("default"))
          .filteredOn(state -> state.phase() instanceof SiteState.Blocklisted)
          .hasSize(1);
    }
  }

  @Test
  void where_all_sources_are_listed_the_claims_are_deferred_with_that_reason() throws Exception {
    for (Stage stage : List.of(Stage.CONNECT, Stage.MAIL, Stage.RCPT)) {
      try (SmtpSink sink = sink(Script.at(stage, Action.reply(LISTED)));
          Rig rig = Rig.to(sink.port()).pool(A, B).start()) {
        Outcome first = rig.deliverOne();
        assertThat(first).as("%s", stage).isInstanceOf(Outcome.Deferred.class);
        assertThat(first.reply()).isEqualTo(LISTED);
        long connections = sink.connections();
        assertThat(connections).isEqualTo(2);
        Outcome next = rig.deliverOne();
        assertThat(next).isInstanceOf(Outcome.Deferred.class);
        assertThat(next.reply()).isEqualTo("451 4.7.1 All sources are blocklisted: " + LISTED);
        assertThat(sink.connections()).isEqualTo(connections);
      }
    }
  }

  @Test
  void a_zone_without_a_pool_defers_such_replies_too() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.RCPT, Action.reply(LISTED)));
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Deferred.class);
    }
  }

  @Test
  void a_recipients_own_refusal_bounces_and_says_nothing_of_the_source() throws Exception {
    try (SmtpSink sink =
            sink(Script.at(Stage.RCPT, Action.reply("550 5.7.1 Blacklisted by recipient")));
        Rig rig = Rig.to(sink.port()).pool(A, B).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Bounced.class);
      assertThat(rig.engine.sites("default"))
          .allMatch(state -> state.phase() instanceof SiteState.Ready);
    }
  }

  @Test
  void a_reply_to_the_content_counts_only_if_it_names_the_source() throws Exception {
    try (SmtpSink sink =
            sink(Script.at(Stage.DOT, Action.reply("554 5.7.1 Listed by spamhaus, see our page")));
        Rig rig = Rig.to(sink.port()).pool(A, B).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Bounced.class);
    }
  }

  @Test
  void the_source_is_tried_again_when_the_pause_is_over() throws Exception {
    AtomicBoolean listed = new AtomicBoolean(true);
    Script script =
        moment ->
            listed.get() && moment.stage() == Stage.MAIL ? Action.reply(LISTED) : Action.PROCEED;
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).pool(A).blocklistPause(Duration.ofMillis(1500)).start()) {
      Instant start = Instant.now();
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Deferred.class);
      SiteState.Blocklisted off = (SiteState.Blocklisted) state(rig, A).phase();
      assertThat(off.reply()).isEqualTo(LISTED);
      assertThat(off.until()).isBetween(start.plusMillis(1400), Instant.now().plusMillis(1600));
      assertThat(off.since()).isBetween(start.minusMillis(100), Instant.now().plusMillis(100));
      listed.set(false);
      Outcome outcome = rig.deliverOne();
      long end = System.nanoTime() + Rig.PATIENCE.toNanos();
      while (!(outcome instanceof Outcome.Delivered)) {
        assertThat(System.nanoTime() - end).isNegative();
        outcome = rig.deliverOne();
      }
      assertThat(Instant.now()).isAfter(start.plusMillis(1400));
    }
  }

  @Test
  void another_site_does_not_care() throws Exception {
    try (SmtpSink sink = sink(toA(Stage.RCPT, LISTED));
        Rig rig = new Rig.Setup(Rig.zone(Optional.empty(), sink.port(), 4)).pool(A).start()) {
      assertThat(rig.deliver(rig.message("a@[127.0.0.1]")).getFirst())
          .isInstanceOf(Outcome.Deferred.class);
      try (SmtpSink other =
          SmtpSink.start(
              SmtpSink.Options.of(received::add)
                  .withListen(
                      new java.net.InetSocketAddress(
                          java.net.InetAddress.ofLiteral("127.0.0.2"), sink.port())))) {
        assertThat(rig.deliver(rig.message("a@[127.0.0.2]")).getFirst())
            .isInstanceOf(Outcome.Delivered.class);
        assertThat(other.messages()).isEqualTo(1);
      }
    }
  }

  @Test
  void accepted_recipients_are_delivered_and_the_others_go_elsewhere() throws Exception {
    Script script =
        moment ->
            moment.stage() == Stage.RCPT && moment.argument().startsWith("b") && fromA(moment)
                ? Action.reply(LISTED)
                : Action.PROCEED;
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).pool(A + "*1000", B).start()) {
      List<Outcome> outcomes =
          rig.deliver(rig.message("a@to.example", "b@to.example", "c@to.example"));
      assertThat(outcomes).allMatch(Outcome.Delivered.class::isInstance);
      assertThat(received).hasSizeBetween(1, 2);
      assertThat(received.stream().flatMap(message -> message.recipients().stream()))
          .containsExactlyInAnyOrder("a@to.example", "b@to.example", "c@to.example");
    }
  }

  private boolean fromA(Moment moment) {
    return names.getOrDefault(moment.connection(), "").equals(name(A));
  }

  private static SiteState state(Rig rig, String source) {
    return rig.engine.sites("default").stream()
        .filter(state -> state.source().equals(source))
        .findFirst()
        .orElseThrow();
  }
}
