package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodePlace;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.ops.faults.NodeNetwork;
import io.mailraft.ops.faults.TakeDown;
import io.mailraft.testkit.Script;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A lessee that cannot reach the others, while the receivers still reach it. */
@Tag("long")
class ZonePartitionTest {
  private static final List<String> NODES = List.of("n1", "n2", "n3");

  private static boolean lapsed(LocalCluster cluster, NodeProcess asked, String name) {
    try {
      return cluster.status(asked).getNodesList().stream()
          .anyMatch(node -> node.getName().equals(name) && !node.getLive());
    } catch (UnreachableException e) {
      return false;
    }
  }

  @Test
  void i5_a_lessee_that_is_cut_off_stops_and_another_owner_takes_over() throws Exception {
    assumeTrue(
        NodeNetwork.unavailable().isEmpty(),
        () -> "NodeNetwork " + NodeNetwork.unavailable().orElseThrow());
    TakeDown takeDown = new TakeDown();
    try {
      NodeNetwork network = NodeNetwork.create(NODES);
      takeDown.push(network::close);
      RecordingSink sink = RecordingSink.on(network.address(), Script.OBEDIENT);
      takeDown.push(sink::close);
      Map<String, NodePlace> places = new HashMap<>();
      for (String node : NODES) {
        places.put(
            node,
            NodePlace.HERE.withNetwork(
                network.prefix(node), network.address(node), network.loopback(node)));
      }
      LocalCluster cluster =
          LocalCluster.create(
              LocalCluster.Options.of(NODES.size(), sink.port())
                  .withPlaces(places)
                  .withSettings(ClusterRun.QUICK_RETRY));
      takeDown.push(cluster::close);
      cluster.startAll(ClusterRun.BOUND);
      String zone =
          "host: %s, port: %d, throttle: 20/second, pool: [ { address: %s }, { address: %s } ]"
              .formatted(
                  network.address(), sink.port(), network.address("n1"), network.address("n2"));
      NodeProcess other = cluster.node("n2");
      try (AdminClient admin =
          AdminClient.of(other.admin().getAddress().getHostAddress(), other.admin().getPort())) {
        admin.applyDocument(
            ApplyDocumentRequest.newBuilder()
                .setYaml("zones: { default: { " + zone + " } }")
                .setAuthor("test")
                .build(),
            ClusterRun.BOUND);
      }
      try (SmtpSession session = SmtpSession.open(other.smtp(), ClusterRun.BOUND)) {
        for (int n = 0; n < 20; n++) {
          ZoneRun.submit(session, "parted.example", 50);
        }
        session.quit();
      }
      String cut = network.address("n1");
      Await.until(
          ClusterRun.BOUND, "both deliver", () -> sink.sources("parted.example").size() == 2);
      network.cut("n1");
      Await.until(ClusterRun.BOUND, "its lease has lapsed", () -> lapsed(cluster, other, "n1"));
      long lapsed = System.nanoTime();
      Await.until(ClusterRun.BOUND, "all arrived", () -> sink.arrived("parted.example") >= 1000);
      network.heal();
      assertThat(
              sink.arrivals("parted.example").stream()
                  .filter(arrival -> arrival.source().equals(cut))
                  .filter(arrival -> arrival.atNanos() - lapsed > 0))
          .isEmpty();
    } finally {
      takeDown.close();
    }
  }
}
