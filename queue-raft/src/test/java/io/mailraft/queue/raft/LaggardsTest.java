package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.LeaderInfoProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

/** Whom a leader waits for with its next snapshot. */
class LaggardsTest {
  private static final long KEPT = 1_000;

  private final List<CommitInfoProto> commits = List.of(commit("n2", 1_040), commit("n3", 700));

  @Test
  void aFollowerThatAnswersAndNeedsWhatWouldGoIsOne() {
    assertThat(Laggards.any(leader(rpc("n2", 5), rpc("n3", 5)), commits, KEPT)).isTrue();
    assertThat(Laggards.any(leader(rpc("n4", 5)), commits, KEPT))
        .as("one that nothing is known of")
        .isTrue();
  }

  @Test
  void aFollowerThatHasWhatItNeedsOrIsAwayIsNone() {
    assertThat(Laggards.any(leader(rpc("n2", 5)), commits, KEPT)).isFalse();
    assertThat(Laggards.any(leader(rpc("n3", 5)), commits, 701)).isFalse();
    assertThat(Laggards.any(leader(rpc("n3", Laggards.AWAY.toMillis())), commits, KEPT)).isFalse();
  }

  @Test
  void whoeverFollowsHasNone() {
    RoleInfoProto follower =
        RoleInfoProto.newBuilder().setFollowerInfo(FollowerInfoProto.getDefaultInstance()).build();
    assertThat(Laggards.any(follower, commits, KEPT)).isFalse();
  }

  private static RoleInfoProto leader(ServerRpcProto... followers) {
    return RoleInfoProto.newBuilder()
        .setLeaderInfo(LeaderInfoProto.newBuilder().addAllFollowerInfo(List.of(followers)))
        .build();
  }

  private static ServerRpcProto rpc(String node, long millis) {
    return ServerRpcProto.newBuilder().setId(peer(node)).setLastRpcElapsedTimeMs(millis).build();
  }

  private static CommitInfoProto commit(String node, long index) {
    return CommitInfoProto.newBuilder().setServer(peer(node)).setCommitIndex(index).build();
  }

  private static RaftPeerProto peer(String node) {
    return RaftPeerProto.newBuilder().setId(ByteString.copyFromUtf8(node)).build();
  }
}
