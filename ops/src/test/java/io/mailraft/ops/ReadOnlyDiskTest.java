package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Script;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose disk turns read-only under load, as Linux does with one that reports errors. */
@Tag("long")
class ReadOnlyDiskTest {
  private static final int MESSAGES = 300;

  @TempDir Path place;

  @Test
  void i2_a_leader_whose_disk_turns_read_only_stops_and_the_others_go_on() throws Exception {
    readOnly("read-only-leader", true);
  }

  @Test
  void i2_a_follower_whose_disk_turns_read_only_stops_and_the_others_go_on() throws Exception {
    readOnly("read-only-follower", false);
  }

  private void readOnly(String name, boolean leads) throws Exception {
    try (Disks disks = Disks.create(place, 3);
        ClusterRun run =
            ClusterRun.start(
                name,
                3,
                Script.OBEDIENT,
                options ->
                    options
                        .withPlaces(disks.places())
                        .withSettings(
                            ClusterRun.QUICK_RETRY
                                + "queue: { minFreeBytes: 16MiB, submitTimeout: 5s }\n"))) {
      NodeProcess victim = leads ? run.leader() : run.follower();
      try (LoadClient load = run.load(MESSAGES, 61)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.ledger.pathFault(victim.id());
        disks.of(victim).readOnly();
        Await.until(ClusterRun.BOUND, victim.id() + " stopped", () -> !victim.isAlive());
        run.ledger.pathFault(victim.id());
        run.ledger.awaitAccepted(200, ClusterRun.BOUND);
        disks.of(victim).revive();
        run.cluster.startAll(ClusterRun.BOUND);
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      assertThat(run.ledger.acceptedMessages()).isEqualTo(MESSAGES);
      run.assertReplicasEqual();
    }
  }
}
