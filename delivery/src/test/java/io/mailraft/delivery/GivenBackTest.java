package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.PoolSource;
import io.mailraft.config.Throttle;
import io.mailraft.config.WarmUp;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZonePool;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which claims a node gives back for others, and which of its sources it sends the rest from. */
class GivenBackTest {
  private static final String A = "127.0.0.11";
  private static final String B = "127.0.0.12";
  private static final String LISTED =
      "554 5.7.1 Service unavailable; Client host [127.0.0.11] blocked using zen.spamhaus.org";

  /** Warm-ups have no sends left, as asking has shown; all else may go. */
  private static final Throttling SPENT =
      new Throttling() {
        @Override
        public int take(List<String> counters, int most) {
          return counters.stream().anyMatch(one -> one.startsWith(Throttle.WARM_UP)) ? 0 : most;
        }

        @Override
        public void await(List<String> counters, int sends, Runnable room) {
          // Not today.
        }

        @Override
        public boolean ready(List<String> counters) {
          return take(counters, 1) == 1;
        }

        @Override
        public boolean spent(String warmUpCounter) {
          return true;
        }
      };

  private static PoolSource source(String address, boolean warming) {
    return new PoolSource(
        InetAddress.ofLiteral(address),
        Optional.empty(),
        1,
        warming ? Optional.of(new WarmUp(LocalDate.of(2026, 1, 1), List.of(1))) : Optional.empty());
  }

  /** A zone of two sources; the node owns the first ones. */
  private static ZonePlan plan(Rig rig, int own, PoolSource... sources) {
    List<PoolSource> all = List.of(sources);
    ZoneConfig zone = rig.plan().config();
    return new ZonePlan(
        new ZoneConfig(
            zone.name(),
            zone.connections(),
            zone.host(),
            zone.port(),
            zone.routing(),
            new ZonePool(all, ZonePool.Ipv6.AUTO, ZonePool.PoolHash.RECIPIENT_DOMAIN),
            zone.throttle()),
        zone.connections(),
        all.subList(0, own),
        all.subList(own, all.size()),
        rig.plan().throttles(),
        rig.plan().shares(),
        rig.plan().blocklistPause());
  }

  private static Claim claim(Rig rig, String domain, Claim.Others others) {
    Claim claim = rig.message("a@" + domain).getFirst();
    return new Claim(
        claim.messageId(),
        claim.seq(),
        claim.epoch(),
        claim.zone(),
        claim.domain(),
        claim.recipient(),
        claim.message(),
        claim.attempts(),
        claim.lastSource(),
        others);
  }

  private static Outcome.Onward onward(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Returned.class);
    return ((Outcome.Returned) outcome).onward();
  }

  @Test
  void one_that_prefers_anothers_source_does_so_only_while_nobody_has_given_it_back()
      throws Exception {
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(message -> {}));
        Rig rig = Rig.to(sink.port()).start()) {
      rig.plan(plan(rig, 1, source(A, false), source(B, false)));
      int onward = 0;
      for (int i = 0; i < 20; i++) {
        String domain = "d" + i + ".example";
        Outcome outcome = rig.deliver(List.of(claim(rig, domain, Claim.Others.ALL))).getFirst();
        if (outcome instanceof Outcome.Returned) {
          onward++;
          assertThat(onward(outcome)).isEqualTo(new Outcome.ToSource(B));
          for (Claim.Others others : List.of(Claim.Others.LEFT, Claim.Others.NONE)) {
            assertThat(rig.deliver(List.of(claim(rig, domain, others))).getFirst())
                .isInstanceOf(Outcome.Delivered.class);
          }
        }
      }
      assertThat(onward).isBetween(1, 19);
    }
  }

  @Test
  void where_all_sources_are_blocklisted_another_node_tries_as_long_as_there_is_one()
      throws Exception {
    Script script = moment -> moment.stage() == Stage.MAIL ? Action.reply(LISTED) : Action.PROCEED;
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(message -> {}).withScript(script));
        Rig rig = Rig.to(sink.port()).start()) {
      rig.plan(plan(rig, 1, source(A, false), source(B, false)));
      for (int i = 0; i < 2; i++) {
        // At the reply, and from then on without asking.
        assertThat(
                onward(
                    rig.deliver(List.of(claim(rig, "to.example", Claim.Others.LEFT))).getFirst()))
            .isEqualTo(new Outcome.ToOthers());
      }
      assertThat(rig.deliver(List.of(claim(rig, "to.example", Claim.Others.NONE))).getFirst())
          .isInstanceOf(Outcome.Deferred.class);
    }
  }

  @Test
  void where_the_day_of_a_warm_up_is_used_up_what_sticks_to_it_leaves_from_the_others()
      throws Exception {
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(message -> {}));
        Rig rig = Rig.to(sink.port()).throttling(SPENT).start()) {
      rig.plan(plan(rig, 2, source(A, true), source(B, false)));
      for (int i = 0; i < 20; i++) {
        Outcome outcome =
            rig.deliver(List.of(claim(rig, "d" + i + ".example", Claim.Others.NONE))).getFirst();
        assertThat(outcome).isInstanceOf(Outcome.Delivered.class);
        assertThat(((Outcome.Delivered) outcome).source()).isEqualTo(B);
      }
    }
  }

  @Test
  void where_all_warm_ups_of_the_node_are_used_up_another_node_tries() throws Exception {
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(message -> {}));
        Rig rig = Rig.to(sink.port()).throttling(SPENT).start()) {
      rig.plan(plan(rig, 1, source(A, true), source(B, false)));
      assertThat(
              onward(rig.deliver(List.of(claim(rig, "to.example", Claim.Others.LEFT))).getFirst()))
          .isEqualTo(new Outcome.ToOthers());
    }
  }
}
