package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disk space of what is gone comes back though hardly anything is logged any more. */
@Timeout(90)
class ReclaimTest {
  private static final int ROWS = 400;
  private static final int BODY_BYTES = 256 << 10;
  private static final long ALL_BYTES = (long) ROWS * BODY_BYTES;

  @TempDir Path directory;

  @Test
  void aDrainedReplicaGivesItsDiskSpaceBackThoughNoSnapshotIsDueByItsLog() throws Exception {
    byte[] body = new byte[BODY_BYTES];
    new Random(3).nextBytes(body);
    try (TestCluster cluster = TestCluster.of(directory, 1, ALL_BYTES / 2 + 1).startAll()) {
      GroupReplica replica = (GroupReplica) cluster.group("n1");
      GroupStorage storage = replica.machine().getStateMachineStorage();
      for (int i = 0; i < ROWS; i++) {
        cluster.propose(TestCluster.chunk(i, body));
      }
      minutes(replica, Reclaim.MINUTES);
      for (int i = ROWS; storage.snapshotBytes() < ALL_BYTES * 3 / 4; i++) {
        // Until one by what is logged holds the most of it.
        cluster.propose(TestCluster.chunk(i % ROWS, body));
      }
      long held = storage.snapshotBytes();
      for (int i = 0; i < ROWS; i++) {
        cluster.propose(TestCluster.chunk(i, new byte[0]));
      }
      assertThat(storage.snapshotBytes()).as("too little is logged for a snapshot").isEqualTo(held);

      minutes(replica, Reclaim.MINUTES - 1);
      TestCluster.await(
          "a database of less than a tenth",
          () -> replica.machine().database().fileBytes() < ALL_BYTES / 10);
      assertThat(storage.snapshotBytes()).isEqualTo(held);
      TestCluster.await(
          "a snapshot of less than a tenth",
          () -> {
            minutes(replica, 1);
            return storage.snapshotBytes() < ALL_BYTES / 10;
          });
      minutes(replica, 1);
      TestCluster.await("the older one gone", () -> snapshots(storage) == 1);
    }
  }

  private static int snapshots(GroupStorage storage) {
    String[] names = storage.getSnapshotDir().list();
    return names == null ? 0 : names.length;
  }

  private static void minutes(GroupReplica replica, int count) {
    for (int i = 0; i < count; i++) {
      replica.minutePassed();
    }
  }
}
