package io.mailraft.queue.raft;

import java.io.IOException;
import java.time.Duration;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A follower that Ratis takes for busy with its leader's requests, though there are none.
 *
 * <p>A follower of Ratis 3.3.0 counts the requests of its leader that it works on, and stands for
 * no election while there is one. Where such a request ends with an error, as that of a chunk of a
 * snapshot does that comes after one that was refused, the count is not taken back: this follower
 * never stands again, and where it is the only one with all entries, the group has no leader until
 * the old one is back.
 *
 * <p>What frees it: it asks itself for its vote in the next term, as any candidate may. Whether it
 * grants that or not, it begins to follow anew, with a count of nothing. Raft lets a node enter a
 * later term at any time; a vote for itself in a term that it does not stand in elects nobody.
 */
final class StuckFollower {
  private static final Logger LOG = LoggerFactory.getLogger(StuckFollower.class);

  private StuckFollower() {}

  /**
   * Frees the follower, if it is one, and its leader has been silent for so long.
   *
   * @param silence longer than any election takes
   */
  static void free(RaftServer server, RaftServer.Division division, Duration silence) {
    RoleInfoProto role = division.getInfo().getRoleInfoProto();
    FollowerInfoProto follower = role.getFollowerInfo();
    long silentMillis = follower.getLeaderInfo().getLastRpcElapsedTimeMs();
    if (role.getRole() != RaftPeerRole.FOLLOWER
        || follower.getOutstandingOp() == 0
        || silentMillis < silence.toMillis()) {
      return;
    }
    LOG.warn(
        "{} has not heard of its leader for {} ms and does not stand for election, since {} of its"
            + " requests seem to be open; it begins to follow anew",
        division.getMemberId(),
        silentMillis,
        follower.getOutstandingOp());
    try {
      var _ = server.requestVote(own(division));
    } catch (IOException e) {
      LOG.debug("{} is closing", division.getMemberId(), e);
    }
  }

  private static RequestVoteRequestProto own(RaftServer.Division division) {
    RaftGroupId group = division.getGroup().getGroupId();
    return RequestVoteRequestProto.newBuilder()
        .setServerRequest(
            RaftRpcRequestProto.newBuilder()
                .setRequestorId(division.getId().toByteString())
                .setReplyId(division.getId().toByteString())
                .setRaftGroupId(RaftGroupIdProto.newBuilder().setId(group.toByteString())))
        .setCandidateTerm(division.getInfo().getCurrentTerm() + 1)
        .build();
  }
}
