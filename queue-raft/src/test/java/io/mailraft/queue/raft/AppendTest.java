package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a follower takes from leaders, here played by the test, that come one after the other. */
@Timeout(60)
class AppendTest {
  private static final long NOTHING = -1;

  @TempDir Path directory;

  @Test
  void i1_i8_anEntryThatNobodyElseHasIsNotCommittedByAnotherLeadersHeartbeat() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).settled()) {
      cluster.start("n1");
      try (PlayedLeader leader = new PlayedLeader(cluster)) {
        assertThat(leader.append("n2", 1000, NOTHING, leader.entry(1000, 0)))
            .satisfies(reply -> assertThat(reply.getResult()).isEqualTo(AppendResult.SUCCESS));

        // Another leader has committed five entries, and this one has to learn which.
        AppendEntriesReplyProto alive = leader.append("n3", 2000, 5);
        assertThat(alive.getFollowerCommit()).isEqualTo(NOTHING);
        assertThat(cluster.group("n1").applied().index()).isEqualTo(NOTHING);

        AppendEntriesReplyProto taken = leader.append("n3", 2000, 5, leader.entry(2000, 0));
        assertThat(taken.getResult()).isEqualTo(AppendResult.SUCCESS);
        assertThat(taken.getNextIndex()).isEqualTo(1);
        TestCluster.await("entry 0", () -> cluster.group("n1").applied().index() == 0);
        assertThat(cluster.group("n1").applied().term()).isEqualTo(2000);
      }
    }
  }

  @Test
  void whatIsCommittedIsBoundedByTheLastEntryThatIsBrought() {
    AppendEntriesRequestProto none =
        AppendEntriesRequestProto.newBuilder().setLeaderCommit(7).build();
    assertThat(RaftPort.bounded(none).getLeaderCommit()).isEqualTo(NOTHING);
    AppendEntriesRequestProto two =
        none.toBuilder()
            .addEntries(LogEntryProto.newBuilder().setIndex(0))
            .addEntries(LogEntryProto.newBuilder().setIndex(1))
            .build();
    assertThat(RaftPort.bounded(two).getLeaderCommit()).isEqualTo(1);
    AppendEntriesRequestProto behind = two.toBuilder().setLeaderCommit(0).build();
    assertThat(RaftPort.bounded(behind)).isEqualTo(behind);
    AppendEntriesRequestProto after =
        two.toBuilder()
            .setPreviousLog(org.apache.ratis.proto.RaftProtos.TermIndexProto.getDefaultInstance())
            .build();
    assertThat(RaftPort.bounded(after)).isSameAs(after);
  }
}
