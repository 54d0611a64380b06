package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Three nodes under load, killed with SIGKILL: one, another, and all at once. */
class KilledNodesTest {
  private static final int MESSAGES_PER_ROUND = 300;

  private enum Victim {
    LEADER,
    FOLLOWER,
    DELIVERING,
    ALL
  }

  @Test
  void i2_nothing_is_lost_whichever_node_is_killed() throws Exception {
    long seed = Long.getLong("mailraft.seed", new Random().nextInt(1_000_000));
    int rounds = Integer.getInteger("mailraft.rounds", Victim.values().length);
    System.err.println("seed " + seed + " (repeat with -Dmailraft.seed=" + seed + ")");
    Random random = new Random(seed);
    KillAtDot script = new KillAtDot();
    try (ClusterRun run = ClusterRun.start("killed-nodes", 3, script, options -> options)) {
      List<Victim> order = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        if (order.isEmpty()) {
          order.addAll(Arrays.asList(Victim.values()));
          Collections.shuffle(order, random);
        }
        round(run, script, order.removeFirst(), seed * 1000 + round, random);
      }
      run.settle();
      assertThat(run.ledger.acceptedMessages()).isEqualTo(rounds * MESSAGES_PER_ROUND);
      run.assertReplicasEqual();
    }
  }

  private static void round(
      ClusterRun run, KillAtDot script, Victim victim, long loadSeed, Random random)
      throws Exception {
    int before = run.ledger.acceptedMessages();
    int killAt = before + 20 + random.nextInt(MESSAGES_PER_ROUND / 2);
    try (LoadClient load = run.load(MESSAGES_PER_ROUND, loadSeed)) {
      run.ledger.awaitAccepted(killAt, ClusterRun.BOUND);
      List<NodeProcess> killed =
          switch (victim) {
            case LEADER -> kill(run, List.of(run.leader()));
            case FOLLOWER -> kill(run, List.of(run.follower()));
            case DELIVERING -> killBeforeItsAnswer(run, script);
            case ALL -> kill(run, run.cluster.nodes());
          };
      System.err.println(
          victim + " killed at " + killAt + ": " + killed.stream().map(NodeProcess::id).toList());
      if (victim != Victim.ALL) {
        // The others go on alone before it returns.
        run.ledger.awaitAccepted(
            Math.min(before + MESSAGES_PER_ROUND, run.ledger.acceptedMessages() + 50),
            ClusterRun.BOUND);
      }
      run.cluster.startAll(ClusterRun.BOUND);
      assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
    }
  }

  private static List<NodeProcess> kill(ClusterRun run, List<NodeProcess> victims)
      throws Exception {
    NodeProcess leader = run.leader();
    for (NodeProcess node : victims) {
      note(run, node, leader);
    }
    for (NodeProcess node : victims) {
      node.kill();
    }
    return victims;
  }

  private static List<NodeProcess> killBeforeItsAnswer(ClusterRun run, KillAtDot script)
      throws Exception {
    NodeProcess leader = run.leader();
    KillAtDot.Held held = script.arm();
    NodeProcess node = run.cluster.node(held.awaitNode());
    note(run, node, leader);
    node.kill();
    held.release();
    return List.of(node);
  }

  private static void note(ClusterRun run, NodeProcess node, NodeProcess leader) {
    if (node == leader) {
      run.ledger.pathFault(node.id());
    } else {
      run.ledger.nodeFault(node.id());
    }
  }
}
