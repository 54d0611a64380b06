package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;

/** Leaders of a cluster's group as n1 sees them, played by a test. */
final class PlayedLeader implements AutoCloseable {
  private final TestCluster cluster;
  private final ManagedChannel channel;
  private final BlockingQueue<AppendEntriesReplyProto> replies = new LinkedBlockingQueue<>();
  private final StreamObserver<AppendEntriesRequestProto> requests;

  PlayedLeader(TestCluster cluster) {
    this.cluster = cluster;
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

  /** Has n1 append entries, or hear that the leader is alive. */
  AppendEntriesReplyProto append(String leader, long term, long commit, LogEntryProto... entries)
      throws Exception {
    AppendEntriesRequestProto request =
        AppendEntriesRequestProto.newBuilder()
            .setServerRequest(call(leader, term))
            .setLeaderTerm(term)
            .setLeaderCommit(commit)
            .addAllEntries(List.of(entries))
            .build();
    requests.onNext(request);
    AppendEntriesReplyProto reply = replies.poll(20, TimeUnit.SECONDS);
    assertThat(reply).as("reply to %s", request).isNotNull();
    return reply;
  }

  /** Sends one chunk of a snapshot. Completes with n1's answer. */
  CompletableFuture<InstallSnapshotReplyProto> chunk(String leader, long term, int number)
      throws Exception {
    CompletableFuture<InstallSnapshotReplyProto> answer = new CompletableFuture<>();
    RaftServerProtocolServiceGrpc.newStub(channel)
        .installSnapshot(
            new StreamObserver<>() {
              @Override
              public void onNext(InstallSnapshotReplyProto reply) {
                answer.complete(reply);
              }

              @Override
              public void onError(Throwable reason) {
                answer.completeExceptionally(reason);
              }

              @Override
              public void onCompleted() {
                answer.completeExceptionally(new IllegalStateException("ended without an answer"));
              }
            })
        .onNext(
            InstallSnapshotRequestProto.newBuilder()
                .setServerRequest(call(leader, term))
                .setLeaderTerm(term)
                .setSnapshotChunk(
                    InstallSnapshotRequestProto.SnapshotChunkProto.newBuilder()
                        .setRequestId("snapshot")
                        .setRequestIndex(number)
                        .setTermIndex(TermIndexProto.newBuilder().setTerm(term).setIndex(1000)))
                .build());
    return answer;
  }

  /** A leader's first entry: who is in the group. */
  LogEntryProto entry(long term, long index) {
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

  private RaftRpcRequestProto call(String leader, long term) throws Exception {
    RaftGroupId group =
        RaftGroupId.valueOf(
            UUID.fromString(SnapshotsTest.groupDirectory(cluster, "n1").getFileName().toString()));
    return RaftRpcRequestProto.newBuilder()
        .setRequestorId(id(leader))
        .setReplyId(id("n1"))
        .setRaftGroupId(RaftGroupIdProto.newBuilder().setId(group.toByteString()))
        .setCallId(term)
        .build();
  }

  private static ByteString id(String node) {
    return ByteString.copyFromUtf8(node);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
