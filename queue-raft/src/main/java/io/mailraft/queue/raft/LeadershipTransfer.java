package io.mailraft.queue.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands groups to other nodes before a stop: best effort, within a time for all of them. */
final class LeadershipTransfer {
  private static final Logger LOG = LoggerFactory.getLogger(LeadershipTransfer.class);

  private final RaftServer from;
  private final long endNanos;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();

  LeadershipTransfer(RaftServer from, Duration within) {
    this.from = from;
    this.endNanos = System.nanoTime() + within.toNanos();
  }

  /** Hands over one group, where this node leads it. */
  void of(GroupReplica replica, RaftServer.Division division) {
    List<ServerRpcProto> followers =
        division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
            .sorted(Comparator.comparingLong(ServerRpcProto::getLastRpcElapsedTimeMs))
            .toList();
    for (ServerRpcProto follower : followers) {
      long leftMillis = (endNanos - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0 || !division.getInfo().isLeader()) {
        return;
      }
      try {
        RaftClientReply reply =
            from.transferLeadership(
                new TransferLeadershipRequest(
                    client,
                    from.getId(),
                    replica.id(),
                    calls.incrementAndGet(),
                    RaftPeerId.valueOf(follower.getId().getId()),
                    leftMillis));
        if (reply.isSuccess()) {
          LOG.info(
              "{} leads the group {} from here on", follower.getId().getAddress(), replica.name());
          return;
        }
        LOG.info("the group {} was not handed over", replica.name(), reply.getException());
      } catch (IOException e) {
        LOG.info("the group {} was not handed over", replica.name(), e);
      }
    }
  }
}
