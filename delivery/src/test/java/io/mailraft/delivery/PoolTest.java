package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZonePool.Ipv6;
import io.mailraft.config.ZonePool.PoolHash;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which of a zone's sources a connection starts from, and what becomes of those that go. */
class PoolTest {
  private static final String A = "127.0.0.11";
  private static final String B = "127.0.0.12";

  private final List<Received> received = new CopyOnWriteArrayList<>();

  private SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(SmtpSink.Options.of(received::add).withScript(script));
  }

  private SmtpSink sinkAt(String address, int port) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(received::add)
            .withListen(new InetSocketAddress(InetAddress.ofLiteral(address), port)));
  }

  private static String peer(Received message) {
    return message.peer().getAddress().getHostAddress();
  }

  private Map<String, Integer> bySource() {
    Map<String, Integer> counts = new HashMap<>();
    received.forEach(message -> counts.merge(peer(message), 1, Integer::sum));
    return counts;
  }

  @Test
  void a_connection_starts_from_a_source_and_says_its_name_and_received_keeps_the_nodes()
      throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).pool(A).start()) {
      Outcome.Delivered delivered = (Outcome.Delivered) rig.deliverOne();
      assertThat(delivered.source()).isEqualTo(A);
      Received message = received.getFirst();
      assertThat(peer(message)).isEqualTo(A);
      assertThat(message.helo()).isEqualTo("s127-0-0-11.example");
      assertThat(new String(message.content(), StandardCharsets.UTF_8))
          .contains("by mx.example with ");
    }
  }

  @Test
  void connections_that_are_open_together_are_shared_by_weight() throws Exception {
    int connections = 16;
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(connections);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT && moment.transaction() == 1) {
            all.countDown();
            await(gate);
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).connections(connections).pool(A + "*3", B).start()) {
      for (int i = 0; i < 60; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      assertThat(all.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      Map<String, Integer> open =
          rig.engine.sites("default").stream()
              .collect(Collectors.toMap(SiteState::source, SiteState::connections));
      // 12 and 4, but for what a source's window did not let in at its turn: both windows start at
      // one and grow alike, so that B can have up to a half and more before A's is wide enough.
      assertThat(open.getOrDefault(A, 0)).isBetween(5, 14);
      assertThat(open.getOrDefault(A, 0) + open.getOrDefault(B, 0)).isEqualTo(connections);
      gate.countDown();
      rig.await(60);
    }
  }

  @Test
  void connections_one_after_the_other_are_shared_by_weight_over_time() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).messagesMax(1).pool(A + "*3", B).start()) {
      for (int i = 0; i < 200; i++) {
        assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(bySource().getOrDefault(A, 0)).isBetween(120, 180);
    }
  }

  @Test
  void a_message_sticks_to_a_source_by_its_sender() throws Exception {
    Map<String, Set<String>> sources = new HashMap<>();
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .connections(4)
                .pool(Ipv6.AUTO, PoolHash.FROM, A, B, "127.0.0.13")
                .start()) {
      List<Claim> claims = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 30; i++) {
          MessageFacts facts = from(rig, "sender" + i + "@From.example");
          claims.addAll(rig.message(facts, Rig.BODY, "a" + round + "@to.example"));
        }
      }
      rig.engine.offer(claims);
      rig.await(claims.size());
      received.forEach(
          message ->
              sources
                  .computeIfAbsent(message.mailFrom(), sender -> new HashSet<>())
                  .add(peer(message)));
      assertThat(sources).hasSize(30).allSatisfy((sender, used) -> assertThat(used).hasSize(1));
      assertThat(bySource()).hasSize(3);
      // A source that goes takes with it only what was its own.
      received.clear();
      rig.plan(Rig.plan(Rig.pooled(rig.plan().config(), Ipv6.AUTO, PoolHash.FROM, A, B)));
      for (int i = 0; i < 30; i++) {
        MessageFacts facts = from(rig, "sender" + i + "@From.example");
        rig.deliver(rig.message(facts, Rig.BODY, "b@to.example"));
      }
      for (Received message : received) {
        String before = sources.getOrDefault(message.mailFrom(), Set.of()).iterator().next();
        if (!before.equals("127.0.0.13")) {
          assertThat(peer(message)).isEqualTo(before);
        }
      }
      assertThat(bySource()).hasSize(2);
    }
  }

  @Test
  void a_message_sticks_to_a_source_by_its_recipients_domain() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig =
            Rig.to(sink.port())
                .connections(4)
                .pool(Ipv6.AUTO, PoolHash.RECIPIENT_DOMAIN, A, B)
                .start()) {
      int count = 0;
      for (int i = 0; i < 20; i++) {
        rig.engine.offer(rig.message("a@d" + i + ".example", "b@d" + i + ".example"));
        rig.engine.offer(rig.message("c@d" + i + ".example"));
        count += 3;
      }
      rig.await(count);
      Map<String, Set<String>> sources = new HashMap<>();
      for (Received message : received) {
        for (String recipient : message.recipients()) {
          sources
              .computeIfAbsent(
                  recipient.substring(recipient.indexOf('@')), domain -> new HashSet<>())
              .add(peer(message));
        }
      }
      assertThat(sources).hasSize(20).allSatisfy((domain, used) -> assertThat(used).hasSize(1));
      assertThat(bySource()).hasSize(2);
    }
  }

  @Test
  void a_greylisted_delivery_keeps_its_source_if_it_is_there() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).pool(A + "*1000", B).start()) {
      for (int i = 0; i < 20; i++) {
        Claim claim = rig.message("a@to.example").getFirst();
        assertThat(source(rig.deliver(List.of(last(claim, B))))).isEqualTo(B);
      }
      Claim gone = rig.message("a@to.example").getFirst();
      assertThat(source(rig.deliver(List.of(last(gone, "192.0.2.99"))))).isNotEmpty();
    }
  }

  @Test
  void a_message_that_sticks_to_one_source_waits_for_no_idle_connection_of_another()
      throws Exception {
    AtomicInteger connections = new AtomicInteger();
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch late = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.CONNECT && connections.incrementAndGet() == 2) {
            second.countDown();
            await(late);
          } else if (moment.stage() == Stage.DOT && moment.transaction() == 2) {
            // There is a second connection, which finds nothing to do when it is open at last.
            await(second);
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).connections(4).idle(Duration.ofHours(1)).pool(A, B).start()) {
      rig.deliver(List.of(last(rig.message("a@to.example").getFirst(), A)));
      for (int i = 0; i < 2; i++) {
        rig.engine.offer(List.of(last(rig.message("a@to.example").getFirst(), A)));
      }
      rig.await(2);
      late.countDown();
      Claim other = last(rig.message("a@to.example").getFirst(), B);
      assertThat(source(rig.deliver(List.of(other)))).isEqualTo(B);
    }
  }

  private static String source(List<Outcome> outcomes) {
    return ((Outcome.Delivered) outcomes.getFirst()).source();
  }

  private static Claim last(Claim claim, String source) {
    return Claims.fresh(
        claim.messageId(),
        claim.seq(),
        claim.epoch(),
        claim.zone(),
        claim.domain(),
        claim.recipient(),
        claim.message(),
        1,
        Optional.of(source));
  }

  private static MessageFacts from(Rig rig, String sender) {
    MessageFacts facts = rig.facts(Rig.BODY);
    return new MessageFacts(
        sender,
        facts.bodyBytes(),
        facts.eightBit(),
        facts.smtpUtf8(),
        facts.helo(),
        facts.origin(),
        facts.originHost(),
        facts.protocol(),
        facts.user(),
        facts.tls(),
        facts.bornNanos());
  }

  @Test
  void a_source_that_goes_ends_its_transactions_and_its_idle_connections_leave() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch atDot = new CountDownLatch(1);
    CountDownLatch idleQuits = new CountDownLatch(1);
    CountDownLatch quits = new CountDownLatch(2);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT && moment.argument().startsWith("slow")) {
            atDot.countDown();
            await(gate);
          }
          if (moment.stage() == Stage.QUIT) {
            idleQuits.countDown();
            quits.countDown();
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).connections(4).pool(A).start()) {
      rig.engine.offer(rig.message(from(rig, "slow@from.example"), Rig.BODY, "a@to.example"));
      assertThat(atDot.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(sink.openConnections()).isEqualTo(2);
      rig.plan(Rig.plan(Rig.pooled(rig.plan().config(), Ipv6.AUTO, PoolHash.NONE, B)));
      assertThat(source(List.of(rig.deliverOne()))).isEqualTo(B);
      assertThat(idleQuits.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      gate.countDown();
      assertThat(source(rig.await(1))).isEqualTo(A);
      assertThat(quits.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void a_source_that_stays_keeps_its_connections() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).pool(A, B).start()) {
      rig.deliverOne();
      for (int i = 1; i < 10; i++) {
        rig.plan(
            Rig.plan(
                Rig.pooled(
                    rig.plan().config(), Ipv6.AUTO, PoolHash.NONE, A + "*" + i, B + "*" + i)));
        rig.deliverOne();
      }
      assertThat(sink.connections()).isEqualTo(1);
    }
  }

  @Test
  void a_zone_of_which_the_node_has_no_part_gives_everything_back_and_ends_what_it_began()
      throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch atDot = new CountDownLatch(1);
    CountDownLatch quits = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT) {
            atDot.countDown();
            await(gate);
          }
          if (moment.stage() == Stage.QUIT) {
            quits.countDown();
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).pool(A).start()) {
      ZonePlan served = rig.plan();
      for (int i = 0; i < 5; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      assertThat(atDot.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      rig.plan(
          new ZonePlan(
              served.config(),
              0,
              List.of(),
              served.throttles(),
              served.shares(),
              served.blocklistPause()));
      assertThat(rig.await(4)).allMatch(Outcome.Returned.class::isInstance);
      assertThat(rig.hunger.wants("default")).isZero();
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Returned.class);
      gate.countDown();
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Delivered.class);
      assertThat(quits.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      rig.plan(served);
      assertThat(rig.hunger.wants("default")).isEqualTo(64);
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
    }
  }

  @Test
  void fewer_connections_take_effect_after_the_transactions_under_way() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).connections(8).start()) {
      for (int i = 0; i < 300; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      rig.await(100);
      ZoneConfig zone = rig.plan().config();
      rig.plan(
          new ZonePlan(
              zone,
              2,
              List.of(),
              rig.plan().throttles(),
              rig.plan().shares(),
              rig.plan().blocklistPause()));
      rig.await(200);
      assertThat(sink.openConnections()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void sources_of_a_family_that_the_site_has_not_leave_it_to_the_others() throws Exception {
    for (Ipv6 ipv6 : Ipv6.values()) {
      try (DnsFixture dns = DnsFixture.start();
          SmtpSink four = sinkAt("127.0.0.21", 0);
          Rig rig =
              Rig.byMx(four.port(), dns.port())
                  .messagesMax(1)
                  .pool(ipv6, PoolHash.NONE, "::1*100", A)
                  .start()) {
        dns.mx("to.example", 10, "mx.to.example").address("mx.to.example", "127.0.0.21");
        for (int i = 0; i < 5; i++) {
          Outcome outcome = rig.deliverOne();
          assertThat(outcome).as("%s", ipv6).isInstanceOf(Outcome.Delivered.class);
          assertThat(source(List.of(outcome))).isEqualTo(A);
        }
      }
    }
  }

  @Test
  void ipv6_goes_first_beside_or_never() throws Exception {
    Map<Ipv6, Integer> six = new HashMap<>();
    for (Ipv6 ipv6 : Ipv6.values()) {
      received.clear();
      try (DnsFixture dns = DnsFixture.start();
          SmtpSink four = sinkAt("127.0.0.21", 0);
          SmtpSink other = sinkAt("::1", four.port());
          Rig rig =
              Rig.byMx(four.port(), dns.port())
                  .messagesMax(1)
                  .pool(ipv6, PoolHash.NONE, "::1", A)
                  .start()) {
        dns.mx("to.example", 10, "mx.to.example");
        dns.address("mx.to.example", "127.0.0.21").address("mx.to.example", "::1");
        for (int i = 0; i < 40; i++) {
          rig.deliverOne();
        }
        six.put(ipv6, (int) other.messages());
      }
    }
    assertThat(six.getOrDefault(Ipv6.PREFER, 0)).isEqualTo(40);
    assertThat(six.getOrDefault(Ipv6.NEVER, 0)).isZero();
    assertThat(six.getOrDefault(Ipv6.AUTO, 0)).isBetween(5, 35);
  }

  @Test
  void a_site_that_no_source_reaches_is_deferred() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Rig rig = Rig.byMx(1, dns.port()).pool("::1").start()) {
      dns.mx("to.example", 10, "mx.to.example").address("mx.to.example", "127.0.0.21");
      for (int i = 0; i < 2; i++) {
        Outcome outcome = rig.deliverOne();
        assertThat(outcome).isInstanceOf(Outcome.Deferred.class);
        assertThat(outcome.reply()).startsWith("451 4.4.4 No local address of the family");
      }
    }
  }

  @Test
  void an_address_that_is_not_this_machines_leaves_it_to_the_others() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).messagesMax(1).pool("192.0.2.77*100", A).start()) {
      for (int i = 0; i < 5; i++) {
        assertThat(source(List.of(rig.deliverOne()))).isEqualTo(A);
      }
    }
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).pool("192.0.2.77").start()) {
      Outcome outcome = rig.deliverOne();
      assertThat(outcome).isInstanceOf(Outcome.Deferred.class);
      assertThat(outcome.reply()).startsWith("451 4.4.1 ");
      assertThat(sink.connections()).isZero();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
