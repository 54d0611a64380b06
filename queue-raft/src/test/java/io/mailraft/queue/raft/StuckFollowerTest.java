package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A follower whose leader, played by the test, goes away in the middle of a snapshot. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class StuckFollowerTest {
  @TempDir Path directory;

  @Test
  void aFollowerThatRefusedAChunkOfASnapshotStandsForElectionAllTheSame() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).settled()) {
      cluster.start("n1");
      try (PlayedLeader leader = new PlayedLeader(cluster)) {
        assertThat(leader.append("n3", 1000, -1, leader.entry(1000, 0)).getResult())
            .isEqualTo(AppendResult.SUCCESS);
        // The chunks before it were lost.
        assertThat(leader.chunk("n3", 1000, 5)).failsWithin(20, TimeUnit.SECONDS);
      }
      // It lacks n1's entry, so that n1 alone can lead.
      cluster.start("n2");
      assertThat(cluster.leader()).isEqualTo("n1");
      cluster.propose(TestCluster.token(1));
      cluster.settle();
    }
  }
}
