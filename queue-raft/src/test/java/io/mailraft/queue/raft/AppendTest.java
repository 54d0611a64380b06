package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
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
      try (Leader leader = new Leader(cluster)) {
        assertThat(leader.append(append(cluster, "n2", 1000, NOTHING, entry(cluster, 1000, 0))))
            .satisfies(reply -> assertThat(reply.getResult()).isEqualTo(AppendResult.SUCCESS));

        // Another leader has committed five entries, and this one has to learn which.
        AppendEntriesReplyProto alive = leader.append(append(cluster, "n3", 2000, 5));
        assertThat(alive.getFollowerCommit()).isEqualTo(NOTHING);
        assertThat(cluster.group("n1").applied().index()).isEqualTo(NOTHING);

        AppendEntriesReplyProto taken =
            leader.append(append(cluster, "n3", 2000, 5, entry(cluster, 2000, 0)));
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

  /** The stream of a leader to n1. */
  private static final class Leader implements AutoCloseable {
    private final ManagedChannel channel;
    private final BlockingQueue<AppendEntriesReplyProto> replies = new LinkedBlockingQueue<>();
    private final StreamObserver<AppendEntriesRequestProto> requests;

    Leader(TestCluster cluster) {
      channel =
          NettyChannelBuilder.forTarget(String.valueOf(cluster.peers().get("n1")))
              .usePlaintext()
              .build();
      requests =
          RaftServerProtocolServiceGrpc.newStub(channel)
              .appendEntries(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(AppendEntriesReplyProto reply) {
                      replies.add(reply);
                    }

                    @Override
                    public void onError(Throwable reason) {
                      // The test misses the reply.
                    }

                    @Override
                    public void onCompleted() {
                      // Closed by the test itself.
                    }
                  });
    }

    AppendEntriesReplyProto append(AppendEntriesRequestProto request) throws InterruptedException {
      requests.onNext(request);
      AppendEntriesReplyProto reply = replies.poll(20, TimeUnit.SECONDS);
      assertThat(reply).as("reply to %s", request).isNotNull();
      return reply;
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  private static AppendEntriesRequestProto append(
      TestCluster cluster, String leader, long term, long commit, LogEntryProto... entries)
      throws Exception {
    RaftGroupId group =
        RaftGroupId.valueOf(
            UUID.fromString(SnapshotsTest.groupDirectory(cluster, "n1").getFileName().toString()));
    return AppendEntriesRequestProto.newBuilder()
        .setServerRequest(
            RaftRpcRequestProto.newBuilder()
                .setRequestorId(id(leader))
                .setReplyId(id("n1"))
                .setRaftGroupId(RaftGroupIdProto.newBuilder().setId(group.toByteString()))
                .setCallId(term))
        .setLeaderTerm(term)
        .setLeaderCommit(commit)
        .addAllEntries(List.of(entries))
        .build();
  }

  /** A leader's first entry: who is in the group. */
  private static LogEntryProto entry(TestCluster cluster, long term, long index) {
    RaftConfigurationProto.Builder members = RaftConfigurationProto.newBuilder();
    cluster
        .peers()
        .forEach(
            (node, address) ->
                members.addPeers(
                    RaftPeerProto.newBuilder().setId(id(node)).setAddress(address.toString())));
    return LogEntryProto.newBuilder()
        .setTerm(term)
        .setIndex(index)
        .setConfigurationEntry(members)
        .build();
  }

  private static ByteString id(String node) {
    return ByteString.copyFromUtf8(node);
  }
}
