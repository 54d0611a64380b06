package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A site's own behaviour decides how many connections it gets, and when it is left alone. */
class BackOffTest {
  private static final String A = "127.0.0.11";
  private static final String B = "127.0.0.12";
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final List<Received> received = new CopyOnWriteArrayList<>();

  private SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(SmtpSink.Options.of(received::add).withScript(script));
  }

  @Test
  void a_dead_standing_rests_longer_each_time_until_it_works() {
    Standing standing = new Standing();
    Reply reply = Reply.of(451, "4.4.1", "No");
    long now = 0;
    List<Double> minutes = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      standing.dead(reply, now);
      standing.dead(reply, now + 1);
      Standing.Off off = standing.off(now).orElseThrow();
      assertThat(off.cause()).isEqualTo(Standing.Cause.DEAD);
      minutes.add((double) (off.untilNanos() - now) / MINUTE);
      now = off.untilNanos();
      assertThat(standing.off(now)).isEmpty();
    }
    assertThat(minutes.get(0)).isBetween(1.0, 1.2);
    assertThat(minutes.get(1)).isBetween(2.0, 2.3);
    assertThat(minutes.get(2)).isBetween(4.0, 4.6);
    assertThat(minutes.get(5)).isBetween(10.0, 11.1);
    standing.works();
    standing.dead(reply, now);
    assertThat(standing.off(now).orElseThrow().untilNanos() - now).isLessThan(2 * MINUTE);
  }

  @Test
  void a_blocklisted_standing_is_not_mended_by_a_connection_that_works() {
    Standing standing = new Standing();
    standing.blocklisted(Reply.of(554, "5.7.1", "Listed"), Duration.ofHours(6), 0);
    standing.works();
    assertThat(standing.off(MINUTE).orElseThrow().cause()).isEqualTo(Standing.Cause.BLOCKLISTED);
    assertThat(standing.off(TimeUnit.HOURS.toNanos(7))).isEmpty();
  }

  @Test
  void a_dead_site_is_not_hammered_and_says_until_when() throws Exception {
    int port;
    try (SmtpSink sink = sink(Script.OBEDIENT)) {
      port = sink.port();
    }
    try (Rig rig = Rig.to(port).connections(8).start()) {
      for (int i = 0; i < 50; i++) {
        assertThat(rig.deliverOne()).isInstanceOf(Outcome.Deferred.class);
      }
      // The site is forgotten as soon as nothing waits; its standing is not.
      rig.engine.offer(rig.message("a@to.example"));
      assertThat(rig.await(1).getFirst().reply()).startsWith("451 4.4.1 ");
      assertThat(rig.engine.sites("default"))
          .singleElement()
          .satisfies(
              state -> {
                SiteState.BackingOff off = (SiteState.BackingOff) state.phase();
                assertThat(off.reply()).startsWith("451 4.4.1 ");
                assertThat(off.until())
                    .isBetween(Instant.now().plusSeconds(40), Instant.now().plusSeconds(80));
              });
    }
  }

  @Test
  void a_window_comes_down_to_what_a_site_takes() throws Exception {
    int taken = 3;
    AtomicInteger refused = new AtomicInteger();
    Script script =
        moment -> {
          if (moment.stage() == Stage.CONNECT && moment.openConnections() > taken) {
            refused.incrementAndGet();
            return Action.replyThenClose("421 4.7.0 Too many connections");
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Feeder feeder = new Feeder();
        Rig rig = Rig.to(sink.port()).connections(20).feeder(feeder).start()) {
      for (int i = 0; i < 3000; i++) {
        feeder.queue(rig.message("a@to.example"));
      }
      feeder.awaitEnds(3000);
      assertThat(sink.messages()).isEqualTo(3000);
      assertThat(refused.get()).isBetween(1, 12);
      assertThat(rig.engine.sites("default"))
          .singleElement()
          .satisfies(state -> assertThat(state.window()).isBetween(1, 5));
    }
  }

  @Test
  void a_site_that_says_4yz_to_every_mail_is_left_alone_after_some() throws Exception {
    AtomicInteger mails = new AtomicInteger();
    Script script =
        moment -> {
          if (moment.stage() != Stage.MAIL) {
            return Action.PROCEED;
          }
          mails.incrementAndGet();
          return Action.reply("450 4.7.1 Slow down");
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).connections(8).start()) {
      for (int i = 0; i < 60; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      assertThat(rig.await(60))
          .allMatch(Outcome.Deferred.class::isInstance)
          .allMatch(outcome -> outcome.reply().equals("450 4.7.1 Slow down"));
      assertThat(mails.get()).isBetween(3, 12);
    }
  }

  @Test
  void what_a_site_says_of_senders_or_recipients_does_not_slow_it() throws Exception {
    for (Stage stage : List.of(Stage.MAIL, Stage.RCPT)) {
      AtomicInteger asked = new AtomicInteger();
      Script script =
          moment -> {
            if (moment.stage() != stage) {
              return Action.PROCEED;
            }
            asked.incrementAndGet();
            return Action.reply(
                stage == Stage.MAIL ? "450 4.1.8 Sender's domain not found" : "450 4.2.2 Full");
          };
      try (SmtpSink sink = sink(script);
          Rig rig = Rig.to(sink.port()).connections(4).start()) {
        for (int i = 0; i < 30; i++) {
          rig.engine.offer(rig.message("a@to.example"));
        }
        rig.await(30);
        assertThat(asked.get()).as("%s", stage).isEqualTo(30);
      }
    }
  }

  @Test
  void where_one_source_finds_a_site_dead_another_is_tried_before_anything_is_deferred()
      throws Exception {
    Script script =
        moment ->
            moment.stage() == Stage.CONNECT && moment.connection() == 1
                ? Action.replyThenClose("421 4.3.2 Not you")
                : Action.PROCEED;
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).pool(A, B).start()) {
      for (int i = 0; i < 5; i++) {
        assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(received.stream().map(Received::helo).distinct()).hasSize(1);
      assertThat(rig.engine.sites("default"))
          .extracting(state -> state.phase().getClass().getSimpleName())
          .containsExactlyInAnyOrder("BackingOff", "Ready");
    }
  }

  @Test
  void a_dead_site_is_tried_from_two_sources_not_from_all() throws Exception {
    try (SmtpSink sink =
            sink(Script.at(Stage.CONNECT, Action.replyThenClose("421 4.3.2 Closed today")));
        Rig rig =
            Rig.to(sink.port())
                .pool(A, B, "127.0.0.13", "127.0.0.14", "127.0.0.15", "127.0.0.16")
                .start()) {
      Outcome outcome = rig.deliverOne();
      assertThat(outcome).isInstanceOf(Outcome.Deferred.class);
      assertThat(outcome.reply()).isEqualTo("421 4.3.2 Closed today");
      assertThat(sink.connections()).isEqualTo(2);
    }
  }

  @Test
  void slowing_down_halves_the_pace_and_is_seen() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Feeder feeder = new Feeder();
        Rig rig = Rig.to(sink.port()).connections(2).feeder(feeder).start()) {
      for (int i = 0; i < 200; i++) {
        feeder.queue(rig.message("a@to.example"));
      }
      feeder.awaitEnds(100);
      String site = rig.engine.sites("default").getFirst().site();
      for (int i = 0; i < 2; i++) {
        rig.engine.slowDown("default", site);
      }
      rig.engine.slowDown("none", site);
      rig.engine.slowDown("default", "none");
      feeder.await(
          "a pace",
          () ->
              rig.engine.sites("default").stream()
                  .anyMatch(
                      state ->
                          state.phase() instanceof SiteState.Throttled throttled
                              && throttled.counters().equals(List.of("slowdown"))));
      feeder.awaitEnds(200);
      assertThat(sink.messages()).isEqualTo(200);
    }
  }
}
