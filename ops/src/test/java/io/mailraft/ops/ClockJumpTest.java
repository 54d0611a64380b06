package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodePlace;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.ops.faults.FakeClock;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The wall clock of a node jumps by a day, while mail flows and a fifth of it is deferred. */
@Tag("long")
class ClockJumpTest {
  private static final int MESSAGES = 100;
  private static final int SUBMISSIONS = 5;
  private static final List<Duration> JUMPS =
      List.of(Duration.ofDays(1), Duration.ofDays(-1), Duration.ofDays(-1), Duration.ofDays(1));

  @TempDir Path place;

  private final Map<String, FakeClock> clocks = new HashMap<>();
  private final List<String> ids = new ArrayList<>();

  private Map<String, NodePlace> places() throws IOException {
    assumeTrue(
        FakeClock.unavailable().isEmpty(),
        () -> "FakeClock " + FakeClock.unavailable().orElseThrow());
    Map<String, NodePlace> places = new HashMap<>();
    for (String node : List.of("n1", "n2", "n3")) {
      FakeClock clock = FakeClock.create(place.resolve(node + ".clock"));
      clocks.put(node, clock);
      places.put(node, NodePlace.HERE.withEnvironment(clock.environment()));
    }
    return places;
  }

  private static Script deferringEveryFifth() {
    AtomicInteger asked = new AtomicInteger();
    return moment ->
        moment.stage() == Stage.RCPT && asked.incrementAndGet() % 5 == 0
            ? Action.reply("451 4.3.2 Not now")
            : Action.PROCEED;
  }

  @Test
  void i2_i5_leases_retries_and_ids_outlive_a_clock_that_jumps_a_day_either_way() throws Exception {
    Map<String, NodePlace> places = places();
    try (ClusterRun run =
        ClusterRun.start(
            "clock-jump", 3, deferringEveryFifth(), options -> options.withPlaces(places))) {
      int seed = 41;
      for (NodeProcess victim : List.of(run.leader(), run.follower())) {
        for (Duration jump : JUMPS) {
          round(run, victim, jump, seed++);
        }
      }
      run.settle();
      assertThat(ids).doesNotHaveDuplicates();
      run.assertReplicasEqual();
    }
  }

  @Test
  void i2_nothing_expires_where_nodes_are_two_days_apart() throws Exception {
    Map<String, NodePlace> places = places();
    try (ClusterRun run =
            ClusterRun.start(
                "clocks-apart", 3, deferringEveryFifth(), options -> options.withPlaces(places));
        LoadClient load = run.load(MESSAGES, 61)) {
      run.awaitProgress(20);
      // What one of them accepts and another one tries and defers is as old as nodes wait for by
      // default, if their clocks are asked.
      Objects.requireNonNull(clocks.get("n1")).jump(Duration.ofDays(-1));
      Objects.requireNonNull(clocks.get("n2")).jump(Duration.ofDays(1));
      assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      try (LoadClient more = run.load(MESSAGES, 62)) {
        assertThat(more.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  private void round(ClusterRun run, NodeProcess victim, Duration jump, int seed) throws Exception {
    FakeClock clock = Objects.requireNonNull(clocks.get(victim.id()));
    NodeProcess leader = run.leader();
    try (LoadClient load = run.load(MESSAGES, seed)) {
      run.awaitProgress(20);
      clock.jump(jump);
      Await.until(
          ClusterRun.BOUND, victim.id() + " sees the jump", () -> sees(victim, clock.offset()));
      System.err.println(
          victim.id() + (victim == leader ? ", the leader," : "") + " is off by " + clock.offset());
      for (NodeProcess node : run.cluster.nodes()) {
        submit(run, node, seed);
      }
      assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
    }
    // Whatever was deferred comes before the next jump: no retry waits for the clock.
    run.ledger.awaitAllArrived(ClusterRun.BOUND);
    assertThat(run.leader()).as("who leads").isSameAs(leader);
    assertThat(run.cluster.status(leader).getNodesList())
        .as("leases")
        .allMatch(node -> node.getLive());
  }

  /** Whether the Date of an answer is that far from the truth. */
  private static boolean sees(NodeProcess node, Duration offset) throws InterruptedException {
    URI address = URI.create("http://127.0.0.1:" + node.http().getPort() + "/healthz");
    try (HttpClient http = HttpClient.newHttpClient()) {
      String date =
          http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.discarding())
              .headers()
              .firstValue("date")
              .orElseThrow();
      Instant seen = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Duration.between(Instant.now().plus(offset), seen).abs().compareTo(Duration.ofHours(1))
          < 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void submit(ClusterRun run, NodeProcess node, int seed) throws Exception {
    int number = Integer.parseInt(node.id().substring(1)) * 1000;
    try (SmtpSession session = run.session(node)) {
      for (int i = 0; i < SUBMISSIONS; i++) {
        Mail mail = Mail.of(seed + 1000, number + i, 500, 1);
        run.ledger.planned(mail);
        assertThat(session.submit(mail))
            .isInstanceOfSatisfying(
                SmtpSession.Submitted.Accepted.class,
                answer -> {
                  String text = answer.reply().text();
                  ids.add(text.substring(text.lastIndexOf(' ') + 1));
                });
        run.ledger.accepted(mail, node.id(), Duration.ZERO);
      }
      session.quit();
    }
  }
}
