package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Script;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes under load lose their power: one, a majority, all at once. What no disk was told to
 * keep is gone with it.
 */
@Tag("long")
class PowerCutTest {
  private static final int MESSAGES_PER_ROUND = 300;

  private enum Victims {
    ONE(1),
    MAJORITY(2),
    ALL(3);

    final int nodes;

    Victims(int nodes) {
      this.nodes = nodes;
    }
  }

  @TempDir Path place;

  @Test
  void i1_i2_i3_what_was_accepted_survives_the_loss_of_power() throws Exception {
    long seed = Long.getLong("mailraft.seed", new Random().nextInt(1_000_000));
    int rounds = Integer.getInteger("mailraft.rounds", Victims.values().length);
    System.err.println("seed " + seed + " (repeat with -Dmailraft.seed=" + seed + ")");
    Random random = new Random(seed);
    try (Disks disks = Disks.create(place, 3);
        ClusterRun run =
            ClusterRun.start(
                "power-cut",
                3,
                Script.OBEDIENT,
                options ->
                    options
                        .withPlaces(disks.places())
                        .withSettings(
                            ClusterRun.QUICK_RETRY + "queue: { minFreeBytes: 16MiB }\n"))) {
      List<Victims> order = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        if (order.isEmpty()) {
          order.addAll(Arrays.asList(Victims.values()));
          Collections.shuffle(order, random);
        }
        round(run, disks, order.removeFirst(), seed * 1000 + round, random);
      }
      run.settle();
      assertThat(run.ledger.acceptedMessages()).isEqualTo(rounds * MESSAGES_PER_ROUND);
      run.assertReplicasEqual();
    }
  }

  private static void round(
      ClusterRun run, Disks disks, Victims victims, long loadSeed, Random random) throws Exception {
    int before = run.ledger.acceptedMessages();
    int cutAt = before + 20 + random.nextInt(MESSAGES_PER_ROUND / 2);
    List<NodeProcess> nodes = new ArrayList<>(run.cluster.nodes());
    Collections.shuffle(nodes, random);
    List<NodeProcess> cut = nodes.subList(0, victims.nodes);
    try (LoadClient load = run.load(MESSAGES_PER_ROUND, loadSeed)) {
      run.ledger.awaitAccepted(cutAt, ClusterRun.BOUND);
      NodeProcess leader = run.leader();
      for (NodeProcess node : cut) {
        if (victims == Victims.ONE) {
          run.noteFault(node, leader);
        } else {
          // Without a majority nobody's outcomes are committed.
          run.ledger.pathFault(node.id());
        }
      }
      disks.cutPower(cut);
      System.err.println(
          victims + " cut at " + cutAt + ": " + cut.stream().map(NodeProcess::id).toList());
      if (victims == Victims.ONE) {
        // The others go on alone before it returns.
        run.ledger.awaitAccepted(
            Math.min(before + MESSAGES_PER_ROUND, run.ledger.acceptedMessages() + 50),
            ClusterRun.BOUND);
      }
      run.cluster.startAll(ClusterRun.BOUND);
      assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
    }
  }
}
