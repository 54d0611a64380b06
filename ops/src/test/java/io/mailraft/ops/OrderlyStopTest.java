package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** SIGTERM for one node after the other under load: a rolling restart. */
class OrderlyStopTest {
  private static final int MESSAGES = 400;

  /** DESIGN gives a stop 10 s of its own; the rest is for a machine that is busy. */
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(30);

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
}
