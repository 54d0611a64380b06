package io.mailraft.queue.raft;

import io.mailraft.config.TlsFiles;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.GrpcUtil;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContext;

/**
 * The Raft port: who may call, and what.
 *
 * <p>Ratis offers its client and admin services there too, by which anybody could append entries or
 * remove groups. They are refused: this program calls Ratis in its own process alone. What other
 * nodes append passes the group's {@link Backlog} and {@link #bounded}, what they are told of votes
 * {@link #counted}.
 */
final class RaftPort {
  /** What a node that catches up does not do. */
  private static final Set<String> OF_MEMBERS = Set.of("requestVote", "startLeaderElection");

  private static final Set<String> REFUSED = Set.of("raftclientprotocol", "adminprotocol");

  private RaftPort() {}

  /**
   * Parameters for Ratis' server.
   *
   * @param backlogs those of this node's groups
   * @param appenders takes what brings the log to followers
   * @param catchingUp whether this node must not vote, nor be made a candidate
   */
  static Parameters parameters(
      Optional<TlsFiles> tls,
      UnaryOperator<NettyServerBuilder> services,
      Map<ByteString, Backlog> backlogs,
      Appenders appenders,
      boolean catchingUp) {
    Parameters parameters = new Parameters();
    parameters.put(Appenders.PARAMETER, appenders, Appenders.class);
    GrpcConfigKeys.Server.setServicesCustomizer(
        parameters,
        (builder, _) -> services.apply(builder.intercept(new Refusal(backlogs, catchingUp))));
    tls.ifPresent(files -> GrpcConfigKeys.TLS.setConf(parameters, config(files)));
    return parameters;
  }

  private static GrpcTlsConfig config(TlsFiles files) {
    return new GrpcTlsConfig(
        files.key().toFile(), files.certificate().toFile(), files.authority().toFile(), true);
  }

  /**
   * What a client of another node's Raft port shows and asks for; empty where the port is in clear.
   */
  static Optional<SslContext> clientTls(Optional<TlsFiles> tls) {
    return tls.map(files -> GrpcUtil.buildSslContextForClient(config(files)));
  }

  /** Refuses calls of services that are not for others. */
  private record Refusal(Map<ByteString, Backlog> backlogs, boolean catchingUp)
      implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String service = call.getMethodDescriptor().getServiceName();
      String lower = service == null ? "" : service.toLowerCase(Locale.ROOT);
      if (REFUSED.stream().anyMatch(lower::contains)) {
        call.close(
            Status.PERMISSION_DENIED.withDescription("not offered on this port"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
      if (catchingUp && lower.contains("raftserverprotocol") && OF_MEMBERS.contains(method)) {
        call.close(
            Status.UNAVAILABLE.withDescription("this node catches up and does not vote"),
            new Metadata());
        return new ServerCall.Listener<>() {};
      }
      ServerCall.Listener<Q> taken =
          next.startCall(method.equals("requestVote") ? new Counted<>(call) : call, headers);
      return method.equals("appendEntries") ? new Bounded<>(taken, backlogs) : taken;
    }
  }

  /** Hands requests on with {@link #bounded} applied to those that append, once there is room. */
  private static final class Bounded<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Map<ByteString, Backlog> backlogs;

    Bounded(ServerCall.Listener<Q> to, Map<ByteString, Backlog> backlogs) {
      super(to);
      this.backlogs = backlogs;
    }

    @Override
    @SuppressWarnings("unchecked") // What goes in as an append comes out as one.
    public void onMessage(Q message) {
      if (!(message instanceof AppendEntriesRequestProto append)) {
        super.onMessage(message);
        return;
      }
      Backlog backlog = backlogs.get(append.getServerRequest().getRaftGroupId().getId());
      if (backlog != null) {
        try {
          backlog.take(append);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      super.onMessage((Q) bounded(append));
    }
  }

  /**
   * A request whose leader's commit index says nothing about entries that it does not bring.
   *
   * <p>A follower may take as committed only what it knows to be the leader's: up to the entry
   * before the request's, whose term it compared, and those in the request (Raft, figure 2, rule 5
   * of AppendEntries). Ratis 3.3.0 reads a request without a previous entry, as a heartbeat is
   * while entries are on their way, as one after entry 0, so that a follower commits an entry 0 of
   * its own, whoever wrote it, or one entry more than it was brought. Where that is of a leader
   * that nobody followed, the replica is stuck for ever, or applies what no majority agreed on.
   */
  static AppendEntriesRequestProto bounded(AppendEntriesRequestProto append) {
    if (append.hasPreviousLog()) {
      return append;
    }
    int entries = append.getEntriesCount();
    long last =
        entries == 0 ? RaftLog.INVALID_LOG_INDEX : append.getEntries(entries - 1).getIndex();
    return append.toBuilder().setLeaderCommit(Math.min(append.getLeaderCommit(), last)).build();
  }

  /** Answers with {@link #counted} applied to votes. */
  private static final class Counted<Q, A> extends SimpleForwardingServerCall<Q, A> {
    Counted(ServerCall<Q, A> to) {
      super(to);
    }

    @Override
    @SuppressWarnings("unchecked") // What goes in as a vote comes out as one.
    public void sendMessage(A message) {
      super.sendMessage(
          message instanceof RequestVoteReplyProto vote ? (A) counted(vote) : message);
    }
  }

  /**
   * A vote that counts, though the log of its voter is empty.
   *
   * <p>A candidate of Ratis 3.3.0 that has committed anything does not count the vote of a voter
   * that says that its log is empty: the disk of such a voter may have been emptied. But it may as
   * well be a member that nobody has brought an entry yet, because its group opened a moment ago.
   * Where the leader stops just then, the only node that could follow it is never elected, however
   * long it tries, until the old leader is back. An emptied disk does not get as far as to vote
   * here ({@link Admission}, {@link LogCheck}), so this vote is as good as any (Raft, 5.4.1). Ratis
   * counts a vote that does not say where the log ends, as those of its earlier versions.
   */
  static RequestVoteReplyProto counted(RequestVoteReplyProto vote) {
    return vote.hasLastEntry() && vote.getLastEntry().getTerm() == 0
        ? vote.toBuilder().clearLastEntry().build()
        : vote;
  }
}
