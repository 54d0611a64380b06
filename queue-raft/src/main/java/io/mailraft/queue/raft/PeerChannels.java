package io.mailraft.queue.raft;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
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

  private static IOException other(@Nullable Exception why) {
    return new IOException(
        "this version of Ratis calls other nodes by other means than 3.3.0 does", why);
  }
}
