package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who delivers a zone's mail, and from where. */
class ZoneLeaseTest {
  private static final String BULK = "X-Sending-Zone: bulk";

  @Test
  void mail_leaves_from_the_pools_addresses_by_weight_and_from_no_other() throws Exception {
    String document =
        """
        zones:
          default: { host: 127.0.0.1, port: ${port} }
          bulk:
            host: 127.0.0.1
            port: ${port}
            connections: 8
            pool:
              - { address: 127.0.0.11, name: a.mx.example, weight: 3 }
              - { address: 127.0.0.14, name: b.mx.example, weight: 1 }
        """;
    try (ZoneRun run = ZoneRun.start(3, document)) {
      NodeProcess asked = run.cluster.node("n3");
      Await.until(
          ClusterRun.BOUND,
          "connections are split 3:1",
          () -> run.connections(asked, "bulk").equals(Map.of("n1", 6, "n2", 2)));
      for (int queued = 50; Set.copyOf(run.sources()).size() < 2; queued += 50) {
        assertThat(queued).as("deliveries until both have delivered").isLessThan(20_000);
        run.queue("to.example", 50, BULK);
        int all = queued;
        Await.until(ClusterRun.BOUND, "all arrived", () -> run.arrived("to.example") == all);
      }
      Set<String> senders =
          run.taken.stream()
              .map(
                  received -> received.peer().getAddress().getHostAddress() + " " + received.helo())
              .collect(Collectors.toSet());
      assertThat(senders)
          .containsExactlyInAnyOrder("127.0.0.11 a.mx.example", "127.0.0.14 b.mx.example");
    }
  }

  @Test
  void another_owner_takes_over_from_a_node_that_was_killed() throws Exception {
    String document =
        """
        zones:
          default: { host: 127.0.0.1, port: ${port} }
          bulk:
            host: 127.0.0.1
            port: ${port}
            throttle: 40/second
            pool: [ { address: 127.0.0.11 }, { address: 127.0.0.14 } ]
        """;
    try (ZoneRun run = ZoneRun.start(3, document)) {
      run.queue("to.example", 600, BULK);
      Function<String, Long> from =
          address ->
              run.taken.stream()
                  .map(received -> received.peer().getAddress())
                  .filter(InetAddress.ofLiteral(address)::equals)
                  .count();
      Await.until(
          ClusterRun.BOUND,
          "both deliver",
          () -> from.apply("127.0.0.11") > 0 && from.apply("127.0.0.14") > 0);
      run.cluster.node("n1").kill();
      long begin = System.nanoTime();
      Await.until(ClusterRun.BOUND, "all arrived", () -> run.arrived("to.example") >= 600);
      System.err.println((System.nanoTime() - begin) / 1_000_000 + " ms after the kill");
    }
  }

  @Test
  void a_zone_that_no_live_node_can_serve_waits_and_says_so() throws Exception {
    String document =
        """
        zones:
          default: { host: 127.0.0.1, port: ${port} }
          bulk:
            host: 127.0.0.1
            port: ${port}
            pool: [ { address: 127.0.0.17 } ]
        """;
    try (ZoneRun run = ZoneRun.start(3, document)) {
      NodeProcess owner = run.cluster.node("n3");
      owner.kill();
      NodeProcess other = run.cluster.node("n1");
      Await.until(ClusterRun.BOUND, "the zone is unserved", () -> run.unserved(other, "bulk"));
      run.queue("to.example", 20, BULK);
      run.queue("else.example", 20);
      Await.until(ClusterRun.BOUND, "the others go", () -> run.arrived("else.example") == 20);
      assertThat(run.arrived("to.example")).isZero();
      owner.start();
      Await.until(ClusterRun.BOUND, "all arrived", () -> run.arrived("to.example") == 20);
      assertThat(run.unserved(other, "bulk")).isFalse();
    }
  }
}
