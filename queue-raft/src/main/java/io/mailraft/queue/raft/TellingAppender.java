package io.mailraft.queue.raft;

import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.statemachine.SnapshotInfo;

/**
 * Brings a follower the log, and tells it of a commit at once where it is asked to.
 *
 * <p>A follower hears that an entry is committed with the next one, or with the next heartbeat,
 * which where little goes on is half an election timeout away. Ratis 3.3.0 means to tell it before,
 * but has no request for that without an entry. A heartbeat is one.
 *
 * <p>While a follower is away and nothing is to be sent to it, Ratis' appender asks again without
 * any wait if there is, which takes a part of a core for each group that this node leads. Here it
 * waits until the next heartbeat is due, or is told of an entry before.
 */
final class TellingAppender extends GrpcLogAppender {
  private static final long NOTHING = -1;

  /** The last entry that the follower is to be told of. Written by the apply thread alone. */
  private volatile long wanted = NOTHING;

  /** The last entry that it was told to be committed. Written by the appender's thread alone. */
  private volatile long told = NOTHING;

  TellingAppender(RaftServer.Division server, LeaderState leader, FollowerInfo follower) {
    super(server, leader, follower);
  }

  /** Has the follower told, as soon as it has an entry, that this is committed. */
  void tell(long index) {
    if (index > told) {
      wanted = Math.max(wanted, index);
      notifyLogAppender();
    }
  }

  /** Whether a heartbeat is owed: not where entries are on their way, or will be, that tell it. */
  private boolean owes() {
    return wanted > told
        && getFollower().getMatchIndex() >= wanted
        && getRaftLog().getLastCommittedIndex() >= wanted
        && getFollower().getNextIndex() >= getRaftLog().getNextIndex()
        && !hasPendingDataRequests();
  }

  @Override
  public AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, heartbeat || owes());
    if (request != null && request.hasPreviousLog()) {
      long last = request.getPreviousLog().getIndex() + request.getEntriesCount();
      told = Math.max(told, Math.min(request.getLeaderCommit(), last));
    }
    return request;
  }

  @Override
  public long getWaitTimeMs() {
    long millis = super.getWaitTimeMs();
    return millis > 0 || hasAppendEntries() ? millis : Math.max(0, getHeartbeatWaitTimeMs());
  }

  @Override
  public Iterable<InstallSnapshotRequestProto> newInstallSnapshotRequests(
      String requestId, SnapshotInfo snapshot) {
    Iterable<InstallSnapshotRequestProto> requests =
        super.newInstallSnapshotRequests(requestId, snapshot);
    return () -> new RaftTransport.Mapped(requests.iterator(), snapshot.getFiles());
  }
}
