package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** SIGTERM under load: for one node after the other, for all at once, and while others hang. */
class OrderlyStopTest {
  private static final int MESSAGES = 400;

  /** A stop takes less than 10 s; the rest is for a machine that is busy. */
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(14);

  @Test
  void i2_a_rolling_restart_loses_nothing_and_doubles_nothing_without_cause() throws Exception {
    try (ClusterRun run = ClusterRun.start("orderly-stop", 3)) {
      try (LoadClient load = run.load(MESSAGES, 31)) {
        int accepted = 50;
        for (NodeProcess node : run.cluster.nodes()) {
          run.ledger.awaitAccepted(accepted, ClusterRun.BOUND);
          assertThat(node.stop(STOP_TIME_MAX)).as("exit code of %s", node.id()).isZero();
          run.cluster.startAll(ClusterRun.BOUND);
          accepted = Math.min(MESSAGES, run.ledger.acceptedMessages() + 50);
        }
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  @Test
  void i2_all_nodes_stop_in_time_at_once_and_nothing_is_lost() throws Exception {
    try (ClusterRun run = ClusterRun.start("orderly-stop-all", 3)) {
      try (LoadClient load = run.load(MESSAGES, 32)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.cluster.nodes().forEach(node -> run.ledger.pathFault(node.id()));
        stop(run.cluster.nodes());
        run.cluster.nodes().forEach(node -> run.ledger.pathFault(node.id()));
        run.cluster.startAll(ClusterRun.BOUND);
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  @Test
  @Tag("long")
  void i2_a_node_stops_in_time_while_the_others_hang() throws Exception {
    try (ClusterRun run = ClusterRun.start("orderly-stop-alone", 3)) {
      try (LoadClient load = run.load(MESSAGES, 33)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        NodeProcess leader = run.leader();
        run.cluster.nodes().forEach(node -> run.ledger.pathFault(node.id()));
        for (NodeProcess node : run.cluster.nodes()) {
          if (node != leader) {
            node.pause();
          }
        }
        stop(List.of(leader));
        for (NodeProcess node : run.cluster.nodes()) {
          if (node != leader) {
            node.resume();
          }
        }
        run.cluster.nodes().forEach(node -> run.ledger.pathFault(node.id()));
        run.cluster.startAll(ClusterRun.BOUND);
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  /** Stops them all at the same time, and demands an orderly end of each. */
  private static void stop(List<NodeProcess> nodes) throws Exception {
    List<Future<Integer>> codes = new ArrayList<>();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (NodeProcess node : nodes) {
        codes.add(each.submit(() -> node.stop(STOP_TIME_MAX)));
      }
      for (Future<Integer> code : codes) {
        assertThat(code.get()).as("exit code").isZero();
      }
    }
  }
}
