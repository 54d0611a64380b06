package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ZoneConfig;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A claim that comes back from a connection after its zone has changed goes back to the queue. */
class ChangedZoneTest {
  private final CountDownLatch atMail = new CountDownLatch(1);
  private final CountDownLatch gate = new CountDownLatch(1);

  /** The second message of a connection finds that the host does as told, once the gate is open. */
  private Script second(Action then) {
    return moment -> {
      if (moment.stage() != Stage.MAIL || moment.transaction() != 2) {
        return Action.PROCEED;
      }
      atMail.countDown();
      pass();
      return then;
    };
  }

  private Outcome changedAtMail(SmtpSink sink, ZonePlanChange change) throws Exception {
    try (Rig rig = Rig.to(sink.port()).pool("127.0.0.11").start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      rig.engine.offer(rig.message("rcpt@to.example"));
      assertThat(atMail.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      rig.plan(change.of(rig.plan()));
      gate.countDown();
      return rig.await(1).getFirst();
    }
  }

  /** What becomes of the zone meanwhile. */
  private interface ZonePlanChange {
    ZonePlan of(ZonePlan plan);
  }

  private static ZonePlan unserved(ZonePlan plan) {
    return new ZonePlan(
        plan.config(), 0, List.of(), plan.throttles(), plan.shares(), plan.blocklistPause());
  }

  private static ZonePlan to(ZonePlan plan, int port) {
    ZoneConfig zone = plan.config();
    return Rig.plan(
        new ZoneConfig(
            zone.name(),
            zone.connections(),
            Optional.of("127.0.0.1"),
            port,
            zone.routing(),
            zone.pool(),
            zone.throttle()));
  }

  @Test
  void where_the_host_had_hung_up_and_the_node_serves_the_zone_no_more() throws Exception {
    try (SmtpSink sink =
        SmtpSink.start(SmtpSink.Options.of(message -> {}).withScript(second(Action.CLOSE)))) {
      assertThat(changedAtMail(sink, ChangedZoneTest::unserved))
          .isInstanceOf(Outcome.Returned.class);
    }
  }

  @Test
  void where_the_source_is_blocklisted_and_the_node_serves_the_zone_no_more() throws Exception {
    try (SmtpSink sink =
        SmtpSink.start(
            SmtpSink.Options.of(message -> {})
                .withScript(
                    second(
                        Action.reply(
                            "554 5.7.1 Service unavailable; Client host [127.0.0.11] blocked using zen.spamhaus.org"))))) {
      assertThat(changedAtMail(sink, ChangedZoneTest::unserved))
          .isInstanceOf(Outcome.Returned.class);
    }
  }

  @Test
  void a_zone_that_is_removed_and_added_again_leaves_the_old_ones_their_connections()
      throws Exception {
    AtomicInteger most = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(2);
    Script held =
        moment -> {
          most.accumulateAndGet(moment.openConnections(), Math::max);
          if (moment.stage() == Stage.DOT) {
            full.countDown();
            pass();
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(message -> {}).withScript(held));
        Rig rig = Rig.to(sink.port()).connections(2).start()) {
      // The second connection follows once the first one works.
      for (int i = 0; i < 4; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      assertThat(full.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      ZonePlan plan = rig.plan();
      rig.engine.zones(Map.of());
      rig.engine.zones(Map.of("default", plan));
      for (int i = 0; i < 4; i++) {
        rig.engine.offer(rig.message("b@to.example"));
      }
      assertThat(rig.engine.within()).isFalse();
      gate.countDown();
      assertThat(rig.await(8)).hasSize(8);
      assertThat(sink.messages()).as("two waited, and went back").isEqualTo(6);
      assertThat(most).hasValueLessThanOrEqualTo(2);
    }
  }

  private void pass() {
    try {
      assertThat(gate.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void where_the_zone_has_another_next_hop_which_gets_it() throws Exception {
    try (SmtpSink sink =
            SmtpSink.start(SmtpSink.Options.of(message -> {}).withScript(second(Action.CLOSE)));
        SmtpSink other = SmtpSink.start(SmtpSink.Options.of(message -> {}))) {
      Outcome outcome = changedAtMail(sink, plan -> to(plan, other.port()));
      assertThat(outcome).isInstanceOf(Outcome.Returned.class);
      assertThat(outcome.reply()).contains("The zone has changed");
      assertThat(sink.connections()).as("connections to the old one").isEqualTo(1);
    }
  }
}
