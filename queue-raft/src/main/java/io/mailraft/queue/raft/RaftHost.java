package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mailraft.queue.store.RocksMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContext;
import org.apache.ratis.util.ExitUtils;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Raft groups of one node, behind one port. */
public final class RaftHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RaftHost.class);

  private final HostSettings settings;
  private final RocksMemory memory;
  private final RaftProperties properties;
  private final Map<String, GroupReplica> replicas = new LinkedHashMap<>();
  private final UnaryOperator<NettyServerBuilder> services;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();
  private final List<Consumer<Throwable>> listeners = new ArrayList<>();
  private @Nullable Throwable broken;
  private @Nullable RaftServer server;
  private boolean closed;

  /**
   * Prepares the host; nothing is opened yet.
   *
   * @param groups the groups of this node
   * @param services adds further gRPC services to the Raft port
   * @throws IllegalArgumentException if a setting is unsafe or does not fit
   */
  public RaftHost(
      HostSettings settings, List<GroupSpec> groups, UnaryOperator<NettyServerBuilder> services) {
    this.settings = settings;
    this.services = services;
    this.properties = RaftSettings.of(settings);
    this.memory = new RocksMemory(settings.memoryBytes());
    for (GroupSpec group : groups) {
      GroupReplica replica =
          new GroupReplica(
              group, id(settings.cluster(), group.name()), settings, memory, this::broken);
      if (replicas.put(group.name(), replica) != null) {
        throw new IllegalArgumentException("there are two groups " + group.name());
      }
    }
  }

  /** Groups of different clusters have different ids, so that a wrong address leads nowhere. */
  private static RaftGroupId id(String cluster, String group) {
    return RaftGroupId.valueOf(
        UUID.nameUUIDFromBytes(("mailraft/" + cluster + "/" + group).getBytes(UTF_8)));
  }

  /**
   * Opens logs and databases, and listens on this node's address.
   *
   * @throws IOException if that does not work; the host is closed then. The message says what to do
   */
  public synchronized void start() throws IOException {
    if (server != null || closed) {
      throw new IllegalStateException("the host was started already");
    }
    // Ratis would end the process where it cannot listen; this way it throws.
    ExitUtils.disableSystemExit();
    try {
      Files.createDirectories(settings.directory());
      RaftServer made = build();
      server = made;
      made.start();
      RaftSettings.storeIn(properties, settings.directory());
      List<RaftPeer> peers = peers();
      for (GroupReplica replica : replicas.values()) {
        add(made, replica, peers);
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw explained(e);
    }
  }

  private RaftServer build() throws IOException {
    // Ratis would open every group that it finds, without its peers; each is added with them
    // instead.
    RaftSettings.storeIn(properties, settings.directory().resolve("none"));
    return RaftServer.newBuilder()
        .setServerId(RaftPeerId.valueOf(settings.node()))
        .setStateMachineRegistry(
            id ->
                replicas.values().stream()
                    .filter(replica -> replica.id().equals(id))
                    .map(GroupReplica::machine)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no group has the id " + id)))
        .setProperties(properties)
        .setParameters(RaftPort.parameters(settings.tls(), services))
        .build();
  }

  private List<RaftPeer> peers() {
    List<RaftPeer> peers = new ArrayList<>();
    settings
        .peers()
        .forEach(
            (id, address) ->
                peers.add(RaftPeer.newBuilder().setId(id).setAddress(address.toString()).build()));
    peers.sort(Comparator.comparing(peer -> peer.getId().toString()));
    return peers;
  }

  private void add(RaftServer to, GroupReplica replica, List<RaftPeer> peers) throws IOException {
    RaftClientReply reply =
        to.groupManagement(
            GroupManagementRequest.newAdd(
                client,
                to.getId(),
                calls.incrementAndGet(),
                RaftGroup.valueOf(replica.id(), peers),
                false));
    if (!reply.isSuccess()) {
      throw new IOException(
          "the group " + replica.name() + " does not start", reply.getException());
    }
    replica.started(to);
  }

  private IOException explained(Exception e) {
    // The deepest message is the plainest: Ratis and futures wrap it several times.
    String plainest = String.valueOf(e.getMessage());
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      Throwable deeper = cause.getCause();
      String message = cause.getMessage();
      if (message != null && (deeper == null || !message.equals(deeper.toString()))) {
        plainest = message;
      }
    }
    return new IOException(
        "the node "
            + settings.node()
            + " does not start on "
            + settings.address()
            + " with "
            + settings.directory()
            + ": "
            + plainest,
        e);
  }

  /**
   * The replica of a group.
   *
   * @throws IllegalArgumentException if there is no group of that name here
   */
  public Group group(String name) {
    GroupReplica replica = replicas.get(name);
    if (replica == null) {
      throw new IllegalArgumentException("there is no group " + name + " here");
    }
    return replica;
  }

  /** TLS of the calling side of the Raft port; empty where the port is in clear. */
  public Optional<SslContext> clientTls() {
    return RaftPort.clientTls(settings.tls());
  }

  /**
   * Called once, when a replica had to stop: because of the log, the disk or a record. At once
   * where that is past.
   */
  public void onBroken(Consumer<Throwable> listener) {
    Throwable reason;
    synchronized (listeners) {
      listeners.add(listener);
      reason = broken;
    }
    if (reason != null) {
      listener.accept(reason);
    }
  }

  private void broken(Throwable reason) {
    List<Consumer<Throwable>> told;
    synchronized (listeners) {
      if (broken != null) {
        return;
      }
      broken = reason;
      told = List.copyOf(listeners);
    }
    told.forEach(listener -> listener.accept(reason));
  }

  /**
   * Hands each group that this node leads to another node, the one heard of last first. Best
   * effort: returns after the given time at the latest, whether somebody took over or not.
   */
  public void transferLeadership(Duration within) {
    RaftServer from = server;
    if (from == null) {
      return;
    }
    long endNanos = System.nanoTime() + within.toNanos();
    for (GroupReplica replica : replicas.values()) {
      replica.division().ifPresent(division -> transfer(from, replica, division, endNanos));
    }
  }

  private void transfer(
      RaftServer from, GroupReplica replica, RaftServer.Division division, long endNanos) {
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

  /** Stops taking proposals, closes everything and brings databases to disk. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    replicas.values().forEach(GroupReplica::stopProposing);
    RaftServer is = server;
    if (is != null && is.getLifeCycleState() != LifeCycle.State.CLOSED) {
      try {
        is.close();
      } catch (IOException e) {
        LOG.warn("the Raft server did not close well", e);
      }
    }
    replicas.values().forEach(GroupReplica::close);
    memory.close();
  }
}
