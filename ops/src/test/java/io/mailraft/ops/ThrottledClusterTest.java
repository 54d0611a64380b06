package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rates of the whole cluster, counted where the mail arrives. */
class ThrottledClusterTest {
  private static final int DOMAINS = 60;
  private static final int RATE = 4;
  private static final int BURST = 8;

  private static String document() {
    return "zones: { default: { connections: 60, host: 127.0.0.1, port: ${port} } }\nthrottles:\n"
        + IntStream.range(0, DOMAINS)
            .mapToObj(
                n -> "  d%d.example: { rate: %d/second, burst: %d }".formatted(n, RATE, BURST))
            .collect(Collectors.joining("\n", "", "\n"));
  }

  @Test
  void i7_rates_hold_while_leaders_and_nodes_are_killed() throws Exception {
    int kills = Integer.getInteger("mailraft.kills", 2);
    long seed = Long.getLong("mailraft.seed", new Random().nextInt(1_000_000));
    System.err.println("seed " + seed + " (repeat with -Dmailraft.seed=" + seed + ")");
    Random random = new Random(seed);
    try (ZoneRun run = ZoneRun.start(3, document())) {
      for (int n = 0; n < DOMAINS; n++) {
        run.queue("d" + n + ".example", (kills * 15 + 40) * RATE);
      }
      for (int kill = 0; kill < kills; kill++) {
        NodeProcess leader = run.cluster.awaitLeader("control", ClusterRun.BOUND);
        List<NodeProcess> nodes = run.cluster.nodes();
        NodeProcess victim = kill % 2 == 0 ? leader : nodes.get(random.nextInt(nodes.size()));
        victim.kill();
        int before = run.arrived("d0.example");
        Await.until(
            ClusterRun.BOUND,
            "the others go on without " + victim.id(),
            () -> run.arrived("d0.example") >= before + 2 * RATE);
        victim.start();
        run.cluster.awaitReady(victim, ClusterRun.BOUND);
        int then = run.arrived("d1.example");
        Await.until(
            ClusterRun.BOUND, "all go on", () -> run.arrived("d1.example") >= then + 2 * RATE);
      }
      for (int n = 0; n < DOMAINS; n++) {
        String domain = "d" + n + ".example";
        List<Long> times = run.sends.getOrDefault(domain, List.of());
        assertThat(times).as(domain).isNotEmpty();
        assertThat(ZoneRun.excess(times, RATE, BURST)).as(domain).isLessThanOrEqualTo(0);
      }
    }
  }

  /** No head-of-line blocking: what may go goes, whatever waits before it. */
  @Test
  void a_domain_of_one_a_minute_holds_up_no_other() throws Exception {
    besideASlowDomain(5000);
  }

  @Test
  @Tag("long")
  void a_domain_of_one_a_minute_with_a_hundred_thousand_queued_holds_up_no_other()
      throws Exception {
    besideASlowDomain(100_000);
  }

  private static void besideASlowDomain(int queued) throws Exception {
    String document =
        """
        zones: { default: { connections: 20, host: 127.0.0.1, port: ${port} } }
        throttles:
          slow.example: { rate: 1/minute }
        """;
    try (ZoneRun run = ZoneRun.start(3, document)) {
      double alone = others(run, 2000);
      run.queue("slow.example", queued);
      double beside = others(run, 4000);
      run.queue("slow.example", 1);
      System.err.printf(
          "4000 for others: alone in %.1f s, beside %d in %.1f s%n", alone, queued, beside);
      Await.until(
          ClusterRun.BOUND,
          "the node that is asked has applied it, and names the throttle",
          () -> run.why(run.lastId).contains("by slow.example (1/minute, burst 1, per cluster)"));
      List<Long> times = run.sends.getOrDefault("slow.example", List.of());
      assertThat(times).isNotEmpty().hasSizeLessThan(queued / 100);
      assertThat(ZoneRun.excess(times, 1.0 / 60, 1)).isLessThanOrEqualTo(0);
    }
  }

  /** Seconds in which 2000 more for each of two other domains go out. */
  private static double others(ZoneRun run, int thenArrived) throws Exception {
    long start = System.nanoTime();
    for (int half = 0; half < 2; half++) {
      run.queue("fast.example", 1000);
      run.queue("other.example", 1000);
    }
    Await.until(
        ClusterRun.BOUND,
        "the others are delivered",
        () ->
            run.arrived("fast.example") == thenArrived
                && run.arrived("other.example") == thenArrived);
    return (System.nanoTime() - start) / 1e9;
  }

  @Test
  @Tag("long")
  void the_rate_of_a_zone_and_the_connections_of_a_domain_are_the_clusters() throws Exception {
    String document =
        """
        zones:
          default: { connections: 60, host: 127.0.0.1, port: ${port}, throttle: 50/second }
        throttles:
          few.example: { connections: 4, per: cluster }
        """;
    try (ZoneRun run = ZoneRun.start(3, document)) {
      run.queue("few.example", 300);
      Await.until(ClusterRun.BOUND, "all arrived", () -> run.arrived("few.example") == 300);
      assertThat(run.mostConnections.get()).isBetween(1, 4);
      assertThat(ZoneRun.excess(run.sends.getOrDefault("few.example", List.of()), 50, 51))
          .isLessThanOrEqualTo(0);
    }
  }

  @Test
  @Tag("long")
  void a_small_zone_is_small_on_all_nodes_together_through_kills_and_joins() throws Exception {
    String document =
        "zones: { default: { connections: 5, host: 127.0.0.1, port: ${port}, throttle: 100/second } }\n";
    try (ZoneRun run = ZoneRun.start(3, document)) {
      run.queue("any.example", 3000);
      for (NodeProcess victim : List.copyOf(run.cluster.nodes())) {
        int before = run.arrived("any.example");
        Await.until(
            Duration.ofSeconds(60), "mail flows", () -> run.arrived("any.example") > before + 50);
        victim.kill();
        victim.start();
        run.cluster.awaitReady(victim, ClusterRun.BOUND);
      }
      assertThat(run.mostConnections.get()).isBetween(1, 5);
    }
  }
}
