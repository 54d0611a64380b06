package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import org.junit.jupiter.api.Test;

/**
 * A node that is frozen between the final dot of a delivery and the remote's 250 for longer than
 * its lease: its claims go to others while it has the answer in its socket.
 */
class FrozenNodeTest {
  private static final int MESSAGES = 300;

  @Test
  void i4_i6_a_delivering_node_that_wakes_up_after_its_lease_doubles_only_what_it_had_in_hand()
      throws Exception {
    KillAtDot script = new KillAtDot();
    try (ClusterRun run = ClusterRun.start("frozen-node", 3, script, options -> options)) {
      NodeProcess leader = run.leader();
      NodeProcess frozen;
      try (LoadClient load = run.load(MESSAGES, 71)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        KillAtDot.Held held = script.arm();
        frozen = run.cluster.node(held.awaitNode());
        run.noteFault(frozen, leader);
        frozen.pause();
        held.release();
        NodeProcess asked = run.leader();
        assertThat(asked).isNotSameAs(frozen);
        run.awaitLapse(asked, frozen);
        run.noteFault(frozen, leader);
        frozen.resume();
        run.cluster.awaitReady(frozen, ClusterRun.BOUND);
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      // That it is doubled is usual, not due; the ledger knows what may be.
      run.settle();
      run.assertReplicasEqual();
    }
  }
}
