package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mailraft.api.member.Acquaintance;
import io.mailraft.api.member.Storage;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorageMetadata;
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

  /** What a log can lose at its end after a crash without its being noticed, at most. */
  private static final Duration MARK = Duration.ofSeconds(1);

  private final HostSettings settings;
  private final boolean catchingUp;
  private final RocksMemory memory;
  private final Appenders appenders = new Appenders();
  private final RaftProperties properties;
  private final Map<String, GroupReplica> replicas = new LinkedHashMap<>();
  private final UnaryOperator<NettyServerBuilder> services;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();
  private final List<Consumer<Throwable>> listeners = new ArrayList<>();
  private final Upkeep upkeep = new Upkeep();
  private volatile @Nullable Throwable broken;
  private @Nullable RaftServer server;
  private @Nullable Thread admitter;
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
    this(settings, groups, services, false);
  }

  /**
   * The same.
   *
   * @param catchingUp whether this node follows, and neither votes nor stands for election
   */
  RaftHost(
      HostSettings settings,
      List<GroupSpec> groups,
      UnaryOperator<NettyServerBuilder> services,
      boolean catchingUp) {
    this.settings = settings;
    this.catchingUp = catchingUp;
    this.services = services;
    this.properties = RaftSettings.of(settings);
    if (catchingUp) {
      RaftSettings.neverStand(properties);
    }
    this.memory = new RocksMemory(settings.memoryBytes());
    Backlog.Room room = Backlog.Room.ofHeap();
    for (GroupSpec group : groups) {
      GroupReplica replica =
          new GroupReplica(
              group, id(settings.cluster(), group.name()), settings, memory, room, this::broken);
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
   * Listens on this node's address, and opens logs and databases: before it returns where this
   * storage is a member already, else once enough other nodes have seen it ({@link Admission}).
   *
   * @throws IOException if that does not work; the host is closed then. The message says what to do
   */
  public synchronized void start() throws IOException {
    try {
      Membership mine = listen();
      switch (mine.state()) {
        case MEMBER -> {
          new Admission(settings, clientTls(), mine).announce();
          open(mine);
        }
        case NEW -> {
          if (Admission.needed(settings.peers().size()) == 0) {
            mine.become(Membership.State.MEMBER);
            open(mine);
          }
        }
        case REJOINING ->
            throw new StoreException(
                settings.directory()
                    + " has not caught up with the other nodes yet: run \"mailraft node rejoin\""
                    + " again");
      }
      admitter =
          Thread.ofVirtual().name("admission").start(() -> admit(mine, mine.groups().isEmpty()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw new IOException("the start of " + settings.node() + " was broken off", e);
    } catch (IOException | RuntimeException e) {
      close();
      throw StartTrouble.explained(settings, e);
    }
  }

  private Membership listen() throws IOException {
    if (server != null || closed) {
      throw new IllegalStateException("the host was started already");
    }
    // Ratis would end the process where it cannot listen; this way it throws.
    ExitUtils.disableSystemExit();
    Files.createDirectories(settings.directory());
    Membership mine = Membership.open(settings.directory());
    RaftServer made = build(mine);
    server = made;
    made.start();
    RaftSettings.storeIn(properties, settings.directory());
    return mine;
  }

  /** Opens the groups. */
  private synchronized void open(Membership mine) throws IOException {
    RaftServer on = server;
    if (closed || on == null) {
      return;
    }
    Map<String, Path> votes = new TreeMap<>();
    replicas.values().forEach(replica -> votes.put(replica.name(), vote(replica)));
    mine.check(votes);
    List<RaftPeer> peers = peers();
    for (GroupReplica replica : replicas.values()) {
      add(on, replica, peers);
    }
    mine.opened(replicas.keySet());
    upkeep.every(MARK, this::mark);
    upkeep.every(
        Received.STILL,
        () ->
            replicas
                .values()
                .forEach(replica -> replica.machine().getStateMachineStorage().dropBrokenOff()));
    upkeep.every(
        Duration.ofMinutes(1), () -> replicas.values().forEach(GroupReplica::minutePassed));
    upkeep.elections(on, settings, List.copyOf(replicas.values()), catchingUp);
  }

  /** The file of a replica's term and vote. */
  private Path vote(GroupReplica replica) {
    return settings
        .directory()
        .resolve(replica.id().getUuid().toString())
        .resolve("current")
        .resolve(VoteFile.NAME);
  }

  /** Has the others learn of this storage, first enough of them, then all. */
  private void admit(Membership mine, boolean opens) {
    try {
      Admission admission = new Admission(settings, clientTls(), mine);
      if (opens && mine.state() == Membership.State.NEW) {
        admission.introduce(false, false);
        mine.become(Membership.State.MEMBER);
        open(mine);
      }
      admission.introduce(false, true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      broken(StartTrouble.explained(settings, e));
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  /**
   * Follows the others with an empty storage until it holds whatever the lost one may have helped
   * to commit.
   *
   * <p>The argument. Let T be the highest term of a group that the answers name. Whatever the lost
   * storage voted in or helped to commit was in a term of T at most: one of the nodes that answered
   * was in the same election or commit ({@link Admission}). The empty storage starts in term T + 1
   * with its vote in it used up. So it cannot vote twice, and no leader of T or before can commit
   * with it. A leader of T + 1 or later was elected by others alone, since the lost storage never
   * reached that term and this one refuses to vote until this method is through. Such a majority
   * shares a node with every majority that had committed something, so that leader has all of it
   * (Raft's leader completeness). Once an entry of its term is applied here, the log before it is
   * here too, with all of that, and this storage is as good a voter as the lost one.
   *
   * @param progress hears, line by line, what it waits for
   */
  synchronized void catchUp(Consumer<String> progress) throws IOException, InterruptedException {
    try {
      Membership mine = listen();
      progress.accept(
          "asking the other nodes; "
              + Admission.needed(settings.peers().size())
              + " of them must answer");
      Map<String, Acquaintance> answers =
          new Admission(settings, clientTls(), mine).introduce(true, false);
      progress.accept("heard from " + String.join(", ", answers.keySet()));
      for (Acquaintance answer : answers.values()) {
        for (Map.Entry<String, Storage> known : answer.getStoragesMap().entrySet()) {
          if (known.getKey().equals(settings.node())) {
            mine.raise(known.getValue().getGeneration());
          } else {
            mine.meet(known.getKey(), known.getValue());
          }
        }
      }
      Map<String, Long> terms = Admission.terms(List.copyOf(replicas.keySet()), answers);
      for (GroupReplica replica : replicas.values()) {
        Path file = vote(replica);
        Files.createDirectories(file.getParent());
        VoteFile vote = VoteFile.open(file, trouble -> {});
        // An earlier call that was interrupted may have been further.
        long over = terms.merge(replica.name(), vote.getMetadata().getTerm(), Math::max) + 1;
        vote.persist(RaftStorageMetadata.valueOf(over, RaftPeerId.valueOf(settings.node())));
      }
      open(mine);
      for (GroupReplica replica : replicas.values()) {
        long over = terms.getOrDefault(replica.name(), 0L) + 1;
        progress.accept("fetching " + replica.name());
        while (replica.applied().term() < over) {
          Throwable reason = broken;
          if (reason != null) {
            throw new IOException(reason.getMessage(), reason);
          }
          TimeUnit.MILLISECONDS.sleep(100); // Polled: it happens once, in a command.
        }
        progress.accept(replica.name() + " is here up to entry " + replica.applied().index());
      }
      mine.become(Membership.State.MEMBER);
    } catch (IOException | RuntimeException e) {
      close();
      throw StartTrouble.explained(settings, e);
    }
  }

  private RaftServer build(Membership mine) throws IOException {
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
        .setParameters(
            RaftPort.parameters(
                settings.tls(),
                port ->
                    services.apply(
                        port.addService(
                            new MemberService(
                                    settings.cluster(),
                                    settings.peers().keySet(),
                                    mine,
                                    this::terms)
                                .definition())),
                replicas.values().stream()
                    .collect(
                        Collectors.toMap(
                            replica -> replica.id().toByteString(), GroupReplica::backlog)),
                appenders,
                catchingUp))
        .build();
  }

  /** Current term of each group by its name; empty until all of them are open. */
  private Optional<Map<String, Long>> terms() {
    Map<String, Long> terms = new TreeMap<>();
    for (GroupReplica replica : replicas.values()) {
      if (replica.division().isEmpty()) {
        return Optional.empty();
      }
      terms.put(replica.name(), replica.term());
    }
    return Optional.of(terms);
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

  /** How far each log has come, for {@link LogMark}. */
  private void mark() {
    try {
      for (GroupReplica replica : replicas.values()) {
        replica.mark();
      }
    } catch (IOException e) {
      broken(
          new StoreException(
              settings.directory() + " cannot be written: " + e.getMessage() + "; check the disk",
              e));
    } catch (RuntimeException e) {
      broken(e); // Or nobody would hear that there are no marks any more.
    }
  }

  /**
   * Tells another node at once, and not with the next entry or heartbeat, that a group's log is
   * committed up to an index, if this node leads the group. Does not block.
   */
  public void tell(String node, String group, long index) {
    appenders.tell(replica(group).id(), RaftPeerId.valueOf(node), index);
  }

  /**
   * The replica of a group.
   *
   * @throws IllegalArgumentException if there is no group of that name here
   */
  public Group group(String name) {
    return replica(name);
  }

  private GroupReplica replica(String name) {
    GroupReplica replica = replicas.get(name);
    if (replica == null) {
      throw new IllegalArgumentException("there is no group " + name + " here");
    }
    return replica;
  }

  /**
   * By group, how many entries are known to be committed and are not applied here. Looks at no
   * disk.
   */
  public Map<String, Long> lags() {
    Map<String, Long> lags = new LinkedHashMap<>();
    replicas.forEach((name, replica) -> lags.put(name, replica.lag()));
    return lags;
  }

  /** How the groups of this node are doing, in their order. Looks at directories. */
  public List<GroupVitals> vitals() {
    return replicas.values().stream().map(GroupReplica::vitals).toList();
  }

  /** What the databases' block cache holds, in bytes. */
  public long cacheBytes() {
    return memory.cacheBytes();
  }

  /** Who hears of the entries that this node leads to their commit: group, nanoseconds. */
  public void onCommitted(ObjLongConsumer<String> watch) {
    replicas.values().forEach(replica -> replica.onCommitted(watch));
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
    LeadershipTransfer transfer = new LeadershipTransfer(from, within);
    for (GroupReplica replica : replicas.values()) {
      replica.division().ifPresent(division -> transfer.of(replica, division));
    }
  }

  /** Stops taking proposals, closes everything and brings databases to disk. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Thread asking = admitter;
    if (asking != null) {
      asking.interrupt();
    }
    upkeep.close();
    replicas.values().forEach(GroupReplica::stopProposing);
    RaftServer is = server;
    if (is != null && is.getLifeCycleState() != LifeCycle.State.CLOSED) {
      try {
        is.close();
      } catch (IOException e) {
        LOG.warn("the Raft server did not close well", e);
      }
    }
    mark();
    replicas.values().forEach(GroupReplica::close);
    memory.close();
  }
}
