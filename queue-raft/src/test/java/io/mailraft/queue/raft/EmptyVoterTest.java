package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member whose log is empty because nobody has brought it anything yet. */
@Timeout(90)
class EmptyVoterTest {
  @TempDir Path directory;

  @Test
  void aMemberThatWasBroughtNothingYetElectsTheOneThatHasEverything() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).settled()) {
      cluster.start("n1");
      cluster.start("n2");
      for (int i = 0; i < 5; i++) {
        cluster.propose(TestCluster.token(i));
      }
      cluster.settle();
      // The third opens its group only now, and the only leader it could hear from is gone.
      cluster.stop(cluster.leader());
      String left = cluster.running().getFirst();
      cluster.start("n3");

      cluster.propose(TestCluster.token(5));
      assertThat(cluster.leader()).isEqualTo(left);
      cluster.settle();
      assertThat(LedgerFold.tokens(cluster.group("n3").view())).hasSize(6);
    }
  }

  @Test
  void onlyThatALogIsEmptyIsLeftOutOfAVote() {
    RequestVoteReplyProto bare = RequestVoteReplyProto.newBuilder().setTerm(7).build();
    assertThat(RaftPort.counted(bare)).isSameAs(bare);
    assertThat(RaftPort.counted(bare.toBuilder().setLastEntry(last(0, -1)).build()))
        .isEqualTo(bare);
    RequestVoteReplyProto some = bare.toBuilder().setLastEntry(last(1, 0)).build();
    assertThat(RaftPort.counted(some)).isSameAs(some);
  }

  private static TermIndexProto last(long term, long index) {
    return TermIndexProto.newBuilder().setTerm(term).setIndex(index).build();
  }
}
