package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import org.junit.jupiter.api.Test;

/**
 * A leader that is frozen for longer than its lease, and wakes up believing that nothing passed.
 */
class FrozenLeaderTest {
  private static final int MESSAGES = 300;

  @Test
  void i5_a_frozen_leader_loses_its_lease_and_nothing_is_lost_or_doubled_without_cause()
      throws Exception {
    try (ClusterRun run = ClusterRun.start("frozen-leader", 3)) {
      NodeProcess leader = run.leader();
      try (LoadClient load = run.load(MESSAGES, 5)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.ledger.pathFault(leader.id());
        leader.pause();
        NodeProcess successor = run.leader();
        assertThat(successor).isNotSameAs(leader);
        run.awaitLapse(successor, leader);
        run.ledger.pathFault(leader.id());
        leader.resume();
        run.cluster.awaitReady(leader, ClusterRun.BOUND);
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      run.assertReplicasEqual();
      try (SmtpSession session = run.session(leader)) {
        session.quit();
      }
    }
  }
}
