package io.mailraft.queue.raft;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.RaftServerRpcWithProxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channels by which Ratis calls the other nodes.
 *
 * <p>gRPC tries a node that it could not reach again after a second, then after ever longer waits,
 * of two minutes in the end. A leader of Ratis 3.3.0 has its channels try at once, a candidate does
 * not: for as long as gRPC waits, it asks a node that is back for no vote. Where the candidate is
 * the only one with all entries, the group has no leader for that time.
 *
 * <p>Ratis does not ask whether a connection still lives. Where the network lost everything for a
 * while, TCP sends again after ever longer waits, of two minutes in the end, and for as long the
 * nodes do not hear from each other although they could. So a connection over which nothing has
 * come for long is given up for a new one.
 */
final class PeerChannels {
  private static final Logger LOG = LoggerFactory.getLogger(PeerChannels.class);
  private static final String CHANNEL = "org.apache.ratis.grpc.server.GrpcServerProtocolClient";

  private final RaftServerRpcWithProxy<?, ?> rpc;
  private final List<RaftPeerId> others;
  private final Method connect;

  /**
   * @throws IOException if this version of Ratis has other channels inside than 3.3.0
   */
  PeerChannels(RaftServer server, HostSettings settings) throws IOException {
    RaftServerRpc its = server.getServerRpc();
    if (!(its instanceof RaftServerRpcWithProxy<?, ?> known)) {
      throw other(null);
    }
    this.rpc = known;
    this.others =
        settings.peers().keySet().stream()
            .filter(node -> !node.equals(settings.node()))
            .map(RaftPeerId::valueOf)
            .toList();
    try {
      // Its class is not public, its channels' settings are not to be had otherwise.
      this.connect = Class.forName(CHANNEL).getMethod("resetConnectBackoff");
      connect.setAccessible(true);
    } catch (ReflectiveOperationException e) {
      throw other(e);
    }
  }

  /** Has each channel that is not connected try at once, whatever gRPC would wait. */
  void connect() {
    for (RaftPeerId node : others) {
      try {
        connect.invoke(rpc.getProxies().getProxy(node));
      } catch (IOException | InvocationTargetException e) {
        LOG.debug("the channel to {} is closed", node, e);
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * Gives up the connections to nodes that have not been heard of for so long, as far as this node
   * has to call them: as their leader, or as a candidate, which has heard of nobody that leads.
   *
   * @param silence longer than any call takes; this is to be called as often, and no more often
   */
  void renew(List<RoleInfoProto> roles, Duration silence) {
    Set<RaftPeerId> silent = new LinkedHashSet<>();
    for (RoleInfoProto role : roles) {
      if (role.getCandidateInfo().getLastLeaderElapsedTimeMs() >= silence.toMillis()) {
        silent.addAll(others);
      }
      role.getLeaderInfo().getFollowerInfoList().stream()
          .filter(follower -> follower.getLastRpcElapsedTimeMs() >= silence.toMillis())
          .forEach(follower -> silent.add(RaftPeerId.valueOf(follower.getId().getId())));
    }
    for (RaftPeerId node : silent) {
      LOG.debug("nothing has come from {} for {}: another connection", node, silence);
      // To close one takes seconds where nobody answers.
      Thread.startVirtualThread(() -> rpc.getProxies().resetProxy(node));
    }
  }

  private static IOException other(@Nullable Exception why) {
    return new IOException(
        "this version of Ratis calls other nodes by other means than 3.3.0 does", why);
  }
}
