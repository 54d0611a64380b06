package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.faults.TakeDown;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What operators order, on three nodes: suspended zones, held deliveries, zones that go. */
@Tag("long")
class ZoneOrdersTest {
  private static final String BULK = "X-Sending-Zone: bulk";
  private static RecordingSink owned;
  private static RecordingSink stuck;
  private static final TakeDown takeDown = new TakeDown();
  private static ZoneRun run;

  @BeforeAll
  static void start() throws Exception {
    owned = RecordingSink.start(Script.OBEDIENT);
    takeDown.push(owned::close);
    stuck = RecordingSink.start(Script.OBEDIENT);
    takeDown.push(stuck::close);
    run = ZoneRun.start(3, document());
    takeDown.push(run::close);
  }

  @AfterAll
  static void stop() throws Exception {
    takeDown.close();
  }

  private static String document() {
    return """
        zones:
          default: { host: 127.0.0.1, port: ${port} }
          bulk: { host: 127.0.0.1, port: ${port} }
          owned: { host: 127.0.0.1, port: %d, pool: [ { address: 127.0.0.11 }, { address: 127.0.0.14 } ] }
          stuck: { host: 127.0.0.1, port: %d }
        """
        .formatted(owned.port(), stuck.port());
  }

  private static String status(NodeProcess node) {
    return run.command(node, "status").text();
  }

  private static double metric(NodeProcess node, String name) throws Exception {
    URI address = URI.create("http://127.0.0.1:" + node.http().getPort() + "/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      String text =
          client
              .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
              .body();
      Matcher line = Pattern.compile("(?m)^" + name + " (.*)$").matcher(text);
      assertThat(line.find()).as("%s in %s", name, text).isTrue();
      return Double.parseDouble(line.group(1));
    }
  }

  @Test
  void i10_a_suspended_zone_waits_on_every_node_and_through_restarts() throws Exception {
    NodeProcess one = run.cluster.node("n1");
    NodeProcess two = run.cluster.node("n2");
    ZoneRun.Ended suspended =
        run.command(one, "zone", "suspend", "bulk", "--reason", "complaints", "--author", "ann");
    assertThat(suspended.code()).as(suspended.text()).isZero();
    assertThat(suspended.text()).startsWith("The zone bulk is suspended: by ann since ");
    ZoneRun.Ended again = run.command(two, "zone", "suspend", "bulk", "--reason", "same");
    assertThat(again.code()).isZero();
    assertThat(again.text())
        .startsWith("The zone bulk was suspended already: by ann since ")
        .endsWith(": complaints\n");
    for (NodeProcess node : run.cluster.nodes()) {
      Await.until(
          ClusterRun.BOUND,
          node.id() + " says so",
          () -> status(node).contains("SUSPENDED by ann since "));
      Await.until(
          ClusterRun.BOUND,
          node.id() + " routes so",
          () ->
              run.command(node, "route", "--to", "a@routed.example", "--header", BULK)
                  .text()
                  .matches("(?s).*bulk +X-Sending-Zone +suspended.*"));
    }
    // The router passes it over, so this goes through the zone default.
    run.queue("over.example", 3, BULK);
    Await.until(ClusterRun.BOUND, "all arrived", () -> run.arrived("over.example") == 3);

    run.command(one, "zone", "resume", "bulk", "--reason", "test");

    // Deferred first, so that it is in the zone.
    stuck.script(Script.at(Stage.MAIL, Action.reply("451 4.3.0 later")));
    run.queue("waits.example", 5, "X-Sending-Zone: stuck");
    String id = run.lastId;
    Await.until(ClusterRun.BOUND, "deferred", () -> run.why(id).contains("its time: next attempt"));
    run.command(two, "zone", "suspend", "stuck", "--reason", "their server", "--author", "bob");
    stuck.script(Script.OBEDIENT);
    Await.until(
        ClusterRun.BOUND,
        "it is named",
        () -> run.why(id).contains("suspended: zone stuck, by bob: their server, for "));

    for (NodeProcess node : run.cluster.nodes()) {
      node.kill();
    }
    run.cluster.startAll(ClusterRun.BOUND);
    for (NodeProcess node : run.cluster.nodes()) {
      Await.until(
          ClusterRun.BOUND,
          node.id() + " still says so",
          () -> status(node).contains("SUSPENDED by bob since "));
    }
    Await.until(
        ClusterRun.BOUND,
        "all wait for it",
        () ->
            run.why(id).lines().filter(line -> line.contains("suspended: zone stuck")).count()
                == 5);
    run.queue("behind.example", 3);
    Await.until(ClusterRun.BOUND, "others go", () -> run.arrived("behind.example") == 3);
    assertThat(stuck.arrived("waits.example")).isZero();
    assertThat(metric(one, "mailraft_zones_suspended")).isEqualTo(1);
    assertThat(metric(one, "mailraft_zones_suspended_deliveries")).isEqualTo(5);
    assertThat(metric(one, "mailraft_zones_unserved")).isZero();

    ZoneRun.Ended resumed = run.command(one, "zone", "resume", "stuck", "--reason", "mended");
    assertThat(resumed.code()).as(resumed.text()).isZero();
    assertThat(resumed.text()).startsWith("The zone stuck is resumed; it was suspended: by bob");
    Await.until(ClusterRun.BOUND, "all arrived", () -> stuck.arrived("waits.example") == 5);
    assertThat(run.command(one, "zone", "resume", "stuck", "--reason", "again").text())
        .isEqualTo("The zone stuck was not suspended.\n");
    ZoneRun.Ended unknown = run.command(one, "zone", "suspend", "nowhere", "--reason", "test");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.text()).startsWith("there is no zone 'nowhere'; the cluster has bulk, ");
  }

  @Test
  void i10_deliveries_are_held_resumed_cancelled_and_sent_now_by_order() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    stuck.script(
        moment -> {
          if (moment.stage() == Stage.RCPT && moment.argument().endsWith("@defers.example")) {
            return Action.reply("451 4.3.0 later");
          }
          if (moment.stage() == Stage.DOT) {
            try {
              gate.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
          return Action.PROCEED;
        });
    try {
      run.queue("claimed.example", 1, "X-Sending-Zone: stuck");
      String claimed = run.lastId;
      Await.until(
          ClusterRun.BOUND,
          "its phase is told",
          () ->
              run.why(claimed)
                  .matches(
                      "(?s).*: claimed\n  claimed: by n[1-3], lease [0-9]+, for .*"
                          + "\n  n[1-3]: final dot: .* to 127\\.0\\.0\\.1 .*, for .*"));
      ZoneRun.Ended held = run.command("message", "hold", claimed, "--reason", "too late");
      assertThat(held.code()).isEqualTo(1);
      assertThat(held.text()).contains("no effect: a node has it in hand");

      run.queue("defers.example", 4, "X-Sending-Zone: stuck");
      String id = run.lastId;
      Await.until(
          ClusterRun.BOUND,
          "all are held",
          () ->
              run.command("message", "hold", id, "--reason", "a test", "--author", "ann").code()
                  == 0);
      NodeProcess other = run.cluster.node("n3");
      Await.until(
          ClusterRun.BOUND,
          "it is named",
          () ->
              run.command(other, "why", id)
                      .text()
                      .lines()
                      .filter(line -> line.startsWith("  held: held by ann: a test, for "))
                      .count()
                  == 4);
      assertThat(run.command("message", "cancel", id, "2", "--reason", "unwanted").text())
          .containsPattern("2 +r1@defers.example +obeyed +cancelled")
          .endsWith("1 of 1 deliveries of " + id + " are as ordered.\n");
      assertThat(run.command("message", "resume", id, "2", "--reason", "no more").text())
          .contains("no effect: it had ended");
      ZoneRun.Ended json =
          run.command("message", "send-now", id, "3", "--reason", "go", "--output", "json");
      assertThat(json.code()).as(json.text()).isZero();
      assertThat(json.text()).contains("\"result\": \"obeyed\"");
      gate.countDown();
      stuck.script(Script.OBEDIENT);
      Await.until(ClusterRun.BOUND, "one arrived", () -> stuck.arrived("defers.example") == 1);
      ZoneRun.Ended resumed = run.command("message", "resume", id, "--reason", "enough");
      assertThat(resumed.code()).isEqualTo(1);
      Await.until(
          ClusterRun.BOUND, "the others arrived", () -> stuck.arrived("defers.example") == 3);
      assertThat(run.command("message", "hold", "00".repeat(9), "--reason", "x").code())
          .isEqualTo(1);
    } finally {
      gate.countDown();
    }
  }

  @Test
  void the_mail_of_a_zone_that_goes_is_refused_or_goes_through_another_one() throws Exception {
    run.apply(document() + "  gone: { host: 127.0.0.1, port: 9, connections: 5 }\n");
    for (NodeProcess node : run.cluster.nodes()) {
      Await.until(
          ClusterRun.BOUND, node.id() + " has the zone", () -> status(node).contains("\ngone "));
    }
    run.queue("moved.example", 7, "X-Sending-Zone: gone");
    // The node that is asked counts what its own replica has applied.
    Await.until(
        ClusterRun.BOUND,
        "the mail is known where it is counted",
        () -> run.command("why", run.lastId).code() == 0);
    ZoneRun.Ended refused = run.apply(document());
    assertThat(refused.code()).as(refused.text()).isEqualTo(1);
    assertThat(refused.text())
        .startsWith("the zone gone holds ")
        .contains("say which zone takes it (--reroute-to ZONE)");
    ZoneRun.Ended applied = run.apply(document(), "--reroute-to", "bulk");
    assertThat(applied.code()).as(applied.text()).isZero();
    Await.until(ClusterRun.BOUND, "all arrived", () -> run.arrived("moved.example") == 7);
  }

  /** I5: a lessee that is stopped sends nothing more, and another one takes over. */
  @Test
  void i5_another_owner_takes_over_from_one_that_is_frozen() throws Exception {
    NodeProcess frozen = run.cluster.node("n1");
    NodeProcess other = run.cluster.node("n2");
    frozen.pause();
    try {
      // A part of it is claimed by the one that is frozen, until its lease lapses.
      run.queueAt(other, "frozen.example", 200, "X-Sending-Zone: owned");
      Await.until(ClusterRun.BOUND, "all arrived", () -> owned.arrived("frozen.example") == 200);
    } finally {
      frozen.resume();
    }
    run.cluster.awaitReady(frozen, ClusterRun.BOUND);
    Await.until(
        ClusterRun.BOUND,
        "it serves again",
        () ->
            run.command(other, "status")
                .text()
                .lines()
                .anyMatch(line -> line.matches("owned .* n1:25 n2:25")));
    assertThat(owned.sources("frozen.example")).isEqualTo(Map.of("127.0.0.14", 200L));
  }
}
