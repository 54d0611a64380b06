package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodePlace;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.ops.faults.NodeNetwork;
import io.mailraft.testkit.Script;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nodes that cannot reach each other, while clients and the sink reach all of them. */
@Tag("long")
class PartitionTest {
  private static final int MESSAGES = 400;
  private static final String SETTINGS = ClusterRun.QUICK_RETRY + "queue: { submitTimeout: 2s }\n";

  private NodeNetwork network;

  @BeforeEach
  void create() throws Exception {
    assumeTrue(
        NodeNetwork.unavailable().isEmpty(),
        () -> "NodeNetwork " + NodeNetwork.unavailable().orElseThrow());
    network = NodeNetwork.create(List.of("n1", "n2", "n3"));
  }

  @AfterEach
  void remove() throws Exception {
    if (network != null) {
      network.close();
    }
  }

  private LocalCluster.Options options(LocalCluster.Options options) {
    Map<String, NodePlace> places = new HashMap<>();
    for (String node : network.nodes()) {
      places.put(
          node,
          NodePlace.HERE.withNetwork(
              network.prefix(node), network.address(node), network.loopback(node)));
    }
    return options.withPlaces(places).withSettings(SETTINGS);
  }

  private ClusterRun start(String name) throws Exception {
    return ClusterRun.start(name, 3, Script.OBEDIENT, network.address(), this::options);
  }

  @Test
  void i1_i5_a_leader_that_is_cut_off_accepts_nothing_and_all_goes_on_without_it()
      throws Exception {
    try (ClusterRun run = start("partition-leader")) {
      NodeProcess old = run.leader();
      try (LoadClient load = run.load(MESSAGES, 31)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.ledger.pathFault(old.id());
        network.cut(old.id());
        // From here on the old leader commits nothing: what is accepted, its successor accepts.
        int cut = run.ledger.acceptedMessages();
        NodeProcess successor = otherLeader(run, old);
        run.ledger.awaitAccepted(cut + 50, ClusterRun.BOUND);
        run.awaitLapse(successor, old);
        assertRefused(run, old);
        run.ledger.pathFault(old.id());
        network.heal();
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      // Until it hears of the other leader it holds itself to be ready.
      Await.until(ClusterRun.BOUND, old.id() + " follows", () -> follows(run, old));
      run.cluster.awaitReady(old, ClusterRun.BOUND);
      run.accepted(old, Mail.of(32, 2, 1000, 2));
      run.settle();
      run.assertReplicasEqual();
    }
  }

  private static boolean follows(ClusterRun run, NodeProcess node) {
    try {
      return run.cluster.status(node).getGroupsList().stream()
          .noneMatch(
              group ->
                  group.getName().equals(ClusterRun.SHARD)
                      && (group.getLeader().isEmpty() || group.getLeader().equals(node.id())));
    } catch (UnreachableException e) {
      return false;
    }
  }

  private static NodeProcess otherLeader(ClusterRun run, NodeProcess old) throws Exception {
    NodeProcess[] found = new NodeProcess[1];
    Await.until(
        ClusterRun.BOUND,
        "another node than " + old.id() + " leads",
        () -> {
          try {
            found[0] = run.cluster.awaitLeader(ClusterRun.SHARD, ClusterRun.BOUND);
          } catch (TimeoutException e) {
            throw new AssertionError(e);
          }
          return found[0] != old;
        });
    return found[0];
  }

  private static void assertRefused(ClusterRun run, NodeProcess minority) throws Exception {
    Mail refused = Mail.of(32, 1, 1000, 2);
    run.ledger.planned(refused);
    try (SmtpSession session = run.session(minority)) {
      assertThat(session.submit(refused))
          .isInstanceOfSatisfying(
              SmtpSession.Submitted.Refused.class,
              answer -> assertThat(answer.reply().code()).isEqualTo(451));
    }
    // It may still be on its way to the leader when the network heals.
    run.ledger.inDoubt(refused);
  }

  @Test
  void i2_nothing_is_lost_while_one_direction_is_cut() throws Exception {
    try (ClusterRun run = start("partition-one-way")) {
      NodeProcess leader = run.leader();
      NodeProcess follower = run.follower();
      try (LoadClient load = run.load(MESSAGES, 33)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.ledger.pathFault(leader.id());
        network.oneWay(leader.id(), follower.id());
        run.awaitProgress(80);
        run.ledger.pathFault(leader.id());
        network.heal();
        network.oneWay(follower.id(), leader.id());
        run.awaitProgress(80);
        run.ledger.pathFault(leader.id());
        network.heal();
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  @Test
  void i2_nothing_is_lost_on_a_network_of_50_ms_that_loses_packets() throws Exception {
    try (ClusterRun run = start("partition-loss")) {
      NodeProcess leader = run.leader();
      try (LoadClient load = run.load(MESSAGES, 34)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.ledger.pathFault(leader.id());
        network.delay(leader.id(), 50);
        network.loss(leader.id(), 20);
        run.awaitProgress(100);
        run.ledger.pathFault(leader.id());
        network.heal();
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }
}
