package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DeliveryEngineTest {
  private final List<Received> received = new CopyOnWriteArrayList<>();

  private SmtpSink sink(Script script) throws IOException {
    return SmtpSink.start(SmtpSink.Options.of(received::add).withScript(script));
  }

  @Test
  void reuses_a_connection_up_to_its_number_of_messages() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).messagesMax(3).start()) {
      for (int i = 0; i < 9; i++) {
        assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(sink.connections()).isEqualTo(3);
      assertThat(received)
          .extracting(Received::connection)
          .containsExactly(1L, 1L, 1L, 2L, 2L, 2L, 3L, 3L, 3L);
    }
  }

  @Test
  void says_quit_when_a_connection_was_idle_for_its_time() throws Exception {
    CountDownLatch quit = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.QUIT) {
            quit.countDown();
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).idle(Duration.ofMillis(100)).start()) {
      rig.deliverOne();
      assertThat(quit.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
    }
  }

  @Test
  void starts_over_when_a_reused_connection_turns_out_to_be_closed() throws Exception {
    for (Action action : List.of(Action.CLOSE, Action.replyThenClose("421 4.4.2 Idle too long"))) {
      Script script =
          moment ->
              moment.stage() == Stage.MAIL && moment.transaction() == 2 ? action : Action.PROCEED;
      try (SmtpSink sink = sink(script);
          Rig rig = Rig.to(sink.port()).start()) {
        for (int i = 0; i < 4; i++) {
          assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
        }
        assertThat(sink.connections()).isEqualTo(4);
      }
    }
  }

  @Test
  void never_opens_more_connections_than_the_zone_has() throws Exception {
    AtomicInteger most = new AtomicInteger();
    Script script =
        moment -> {
          most.accumulateAndGet(moment.openConnections(), Math::max);
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).connections(3).messagesMax(5).start()) {
      for (int i = 0; i < 200; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      assertThat(rig.await(200)).allMatch(Outcome.Delivered.class::isInstance);
      assertThat(most.get()).isBetween(2, 3);
    }
  }

  @Test
  void i5_nothing_is_started_without_a_lease() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).start()) {
      rig.lease = epoch -> false;
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Returned.class);
      assertThat(sink.connections()).isZero();
    }
  }

  @Test
  void i5_a_lease_that_ends_between_connection_and_mail_or_before_the_dot_is_noticed()
      throws Exception {
    for (int alive = 1; alive < 3; alive++) {
      List<Stage> stages = new CopyOnWriteArrayList<>();
      Script script =
          moment -> {
            stages.add(moment.stage());
            return Action.PROCEED;
          };
      AtomicInteger left = new AtomicInteger(alive);
      try (SmtpSink sink = sink(script);
          Rig rig = Rig.to(sink.port()).start()) {
        rig.lease = epoch -> epoch == 7 && left.getAndDecrement() > 0;
        assertThat(rig.deliverOne()).as("alive for %s", alive).isInstanceOf(Outcome.Returned.class);
        rig.lease = epoch -> true;
        assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(stages.stream().filter(Stage.MAIL::equals)).hasSize(alive);
      assertThat(stages.stream().filter(Stage.DOT::equals)).hasSize(1);
    }
    assertThat(received).hasSize(2);
  }

  @Test
  void returns_claims_whose_content_cannot_be_read_or_is_of_another_size() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).start()) {
      List<Claim> lost = rig.message("a@to.example");
      rig.bodies.clear();
      assertThat(rig.deliver(lost).getFirst()).isInstanceOf(Outcome.Returned.class);
      List<Claim> cut = rig.message(rig.facts(Rig.BODY + "more"), Rig.BODY, "a@to.example");
      assertThat(rig.deliver(cut).getFirst()).isInstanceOf(Outcome.Returned.class);
      assertThat(received).isEmpty();
    }
  }

  @Test
  void i9_a_large_body_is_read_only_as_fast_as_the_socket_takes_it() throws Exception {
    int chunks = 256;
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger read = new AtomicInteger();
    Bodies bodies = id -> new LargeBody(chunks, read);
    Script script =
        moment -> {
          if (moment.stage() == Stage.CONTENT) {
            awaitGate(gate);
          }
          return Action.PROCEED;
        };
    SmtpSink.Options options =
        SmtpSink.Options.of(received::add).withScript(script).withKeep(SmtpSink.Keep.COUNT);
    try (SmtpSink sink = SmtpSink.start(options);
        Rig rig = Rig.to(sink.port()).bodies(bodies).start()) {
      MessageFacts large = rig.facts((long) chunks << 20, System.nanoTime());
      rig.engine.offer(rig.message(large, "", "a@to.example"));
      // The socket's buffers hold some megabytes at most; then reading must have come to rest.
      waitForRest(read);
      int mostAhead = read.get();
      gate.countDown();
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Delivered.class);
      assertThat(mostAhead).isBetween(1, 32);
      assertThat(received.getFirst().bytes()).isGreaterThan((long) chunks << 20);
    }
  }

  @Test
  void stop_returns_what_waits_and_lets_transactions_end() throws Exception {
    CountDownLatch atDot = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT) {
            atDot.countDown();
            awaitGate(gate);
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).start()) {
      for (int i = 0; i < 20; i++) {
        rig.engine.offer(rig.message("a@to.example"));
      }
      assertThat(atDot.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      CompletableFuture<Void> stopped = rig.engine.stop(Rig.PATIENCE);
      assertThat(rig.await(19)).allMatch(Outcome.Returned.class::isInstance);
      assertThat(stopped).isNotDone();
      gate.countDown();
      assertThat(stopped).succeedsWithin(Rig.PATIENCE);
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Delivered.class);
      rig.engine.offer(rig.message("a@to.example"));
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Returned.class);
      assertThat(rig.engine.open("default")).isZero();
    }
  }

  @Test
  void stop_ends_what_takes_longer_than_its_time() throws Exception {
    for (Stage stage : List.of(Stage.CONNECT, Stage.MAIL, Stage.DOT)) {
      CountDownLatch there = new CountDownLatch(1);
      Script script =
          moment -> {
            if (moment.stage() != stage) {
              return Action.PROCEED;
            }
            there.countDown();
            return Action.HANG;
          };
      try (SmtpSink sink = sink(script);
          Rig rig = Rig.to(sink.port()).start()) {
        rig.engine.offer(rig.message("a@to.example"));
        assertThat(there.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(rig.engine.stop(Duration.ofMillis(50))).succeedsWithin(Rig.PATIENCE);
        assertThat(rig.await(1).getFirst())
            .isInstanceOf(stage == Stage.DOT ? Outcome.Deferred.class : Outcome.Returned.class);
      }
    }
  }

  @Test
  void a_zone_that_moves_or_vanishes_gives_back_what_waits() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch atDot = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT) {
            atDot.countDown();
            awaitGate(gate);
          }
          return Action.PROCEED;
        };
    try (SmtpSink old = sink(script);
        SmtpSink fresh = sink(Script.OBEDIENT);
        Rig rig = Rig.to(old.port()).start()) {
      rig.engine.offer(rig.message("a@to.example"));
      assertThat(atDot.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      rig.engine.offer(rig.message("b@to.example"));
      rig.plan(Rig.plan(Rig.zone(Optional.of("127.0.0.1"), fresh.port(), 2)));
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Returned.class);
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(fresh.messages()).isEqualTo(1);
      rig.engine.zones(Map.of());
      gate.countDown();
      assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Delivered.class);
      assertThat(rig.deliverOne().reply()).isEqualTo("451 4.3.5 The zone is not known here");
    }
  }

  @Test
  void counts_outcomes_and_tells_what_it_wants() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).connections(100).start()) {
      assertThat(rig.hunger.wants("default")).isEqualTo(400);
      assertThat(rig.hunger.wants("none")).isZero();
      rig.deliverOne();
      assertThat(rig.engine.stop(Rig.PATIENCE)).succeedsWithin(Rig.PATIENCE);
      assertThat(
              rig.registry
                  .get("mailraft.delivery.outcomes")
                  .tags("zone", "default", "outcome", "delivered")
                  .counter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  void sites_share_the_connections_of_a_zone() throws Exception {
    List<Moment> mails = new CopyOnWriteArrayList<>();
    Script script =
        moment -> {
          if (moment.stage() == Stage.RCPT) {
            mails.add(moment);
          }
          return Action.PROCEED;
        };
    try (SmtpSink sink = sink(script);
        Rig rig = new Rig.Setup(Rig.zone(Optional.empty(), sink.port(), 1)).start()) {
      List<Claim> claims = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        claims.addAll(rig.message("a@[127.0.0.1]"));
      }
      for (int i = 0; i < 5; i++) {
        claims.addAll(rig.message("b@[IPv6:::ffff:127.0.0.1]"));
      }
      rig.engine.offer(claims);
      assertThat(rig.await(205)).allMatch(Outcome.Delivered.class::isInstance);
      List<String> order = mails.stream().map(Moment::argument).toList();
      assertThat(order.indexOf("b@[IPv6:::ffff:127.0.0.1]")).isLessThan(100);
    }
  }

  private static void awaitGate(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException("interrupted", e));
    }
  }

  private static void waitForRest(AtomicInteger counter) throws InterruptedException {
    long end = System.nanoTime() + Rig.PATIENCE.toNanos();
    int last = -1;
    int equal = 0;
    CountDownLatch never = new CountDownLatch(1);
    while (equal < 10 && System.nanoTime() - end < 0) {
      assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
      int now = counter.get();
      equal = now == last && now > 0 ? equal + 1 : 0;
      last = now;
    }
  }

  /** A body of chunks of a mebibyte, made as it is read. */
  private static final class LargeBody implements Bodies.Body {
    private final int chunks;
    private final AtomicInteger read;
    private final byte[] chunk = new byte[1 << 20];
    private int given;

    private LargeBody(int chunks, AtomicInteger read) {
      this.chunks = chunks;
      this.read = read;
      for (int i = 0; i < chunk.length; i++) {
        chunk[i] = (byte) (i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : 'a' + i % 26);
      }
    }

    @Override
    public byte[] next() {
      if (given == chunks) {
        return new byte[0];
      }
      given++;
      read.incrementAndGet();
      return chunk;
    }

    @Override
    public void close() {}
  }
}
