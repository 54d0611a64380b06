package io.mailraft.queue;

import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.log.Record;
import io.mailraft.config.ClusterConfig;
import io.mailraft.config.Quotas;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.control.LeaseKeeper;
import io.mailraft.queue.control.NodeEntry;
import io.mailraft.queue.link.Checksums;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.link.Link;
import io.mailraft.queue.link.LinkException;
import io.mailraft.queue.link.LinkService;
import io.mailraft.queue.quota.QuotaDesk;
import io.mailraft.queue.raft.GatheredDecisions;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.raft.GroupSpec;
import io.mailraft.queue.raft.GroupTime;
import io.mailraft.queue.raft.HostSettings;
import io.mailraft.queue.raft.RaftHost;
import io.mailraft.queue.raft.Repeated;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.shard.ShardSettings;
import io.mailraft.queue.throttle.Pace;
import io.mailraft.queue.throttle.SendDesk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;

/**
 * This node's replicas of the control group and of every shard, with the ways to their leaders: one
 * Raft server, one stream to each other node, all on the Raft port.
 */
final class Replicas implements AutoCloseable {
  private static final Duration LINK_PATIENCE = Duration.ofSeconds(5);
  private static final Duration CHECKSUM_TIMEOUT = Duration.ofSeconds(30);

  private final ControlFold control = new ControlFold();
  private final List<Shard> shards = new ArrayList<>();
  private final List<Group> groups = new ArrayList<>();
  private final List<Checksums> checksums = new ArrayList<>();
  private final List<GroupClient> clients = new ArrayList<>();
  private final Map<String, Link> links = new HashMap<>();
  private final Map<Integer, Long> leaderlessSinceNanos = new HashMap<>();
  private final ScheduledThreadPoolExecutor timer;
  private final RaftHost host;
  private final OwnDesk own;
  private Optional<LinkService> linkService = Optional.empty();
  private final LeaseKeeper leases;
  private final String self;

  /**
   * Opens logs and databases.
   *
   * @param disk refuses what would fill this node's disk
   * @param paces the pace of a counter by the cluster document as it is
   * @param quotas the quotas by the cluster document as it is
   * @param explainer says what a delivery waits for on this node
   * @param broken hears, once, of trouble that stopped a replica
   */
  Replicas(
      QueueSettings settings,
      InstantSource clock,
      DiskGuard disk,
      Function<String, Optional<Pace>> paces,
      Supplier<Quotas> quotas,
      Function<Explain, CompletableFuture<Explained>> explainer,
      Consumer<Throwable> broken)
      throws IOException {
    ClusterConfig cluster = settings.cluster();
    self = settings.node().id();
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("queue-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    shards.addAll(shards(settings, clock, control));
    List<GroupSpec> specs = specs(control, shards);
    specs.forEach(spec -> checksums.add(new Checksums(spec.fold().tables())));
    host =
        new RaftHost(
            hostSettings(settings, clock),
            specs,
            // Or gRPC would cut off a link whose other side asks every few seconds if it is alive.
            port ->
                port.addService(service())
                    .permitKeepAliveTime(Link.KEEP_ALIVE.toSeconds() / 2, TimeUnit.SECONDS));
    host.onBroken(broken);
    specs.forEach(spec -> groups.add(host.group(spec.name())));
    GatheredDecisions<AskSends> sends =
        SendDesk.of(
            groups.getFirst(), control.slots(), control.clock(), paces, System::nanoTime, timer);
    GatheredDecisions<AskQuota> units =
        QuotaDesk.of(
            groups.getFirst(),
            control.quotas(),
            counter -> counter.limit(quotas.get()),
            this::live,
            new GroupTime(clock, () -> groups.getFirst().applied().stampMillis()),
            System::nanoTime,
            timer);
    KnownRecords known = new KnownRecords(() -> control.current().nodes().values());
    leases = new LeaseKeeper(groups.getFirst(), control, cluster.leaseTerm(), System::nanoTime);
    own =
        new OwnDesk(
            groups,
            shards,
            checksums,
            disk,
            known,
            leases::proposing,
            sends::ask,
            units::ask,
            explainer);
    linkService =
        Optional.of(
            new LinkService(
                cluster.name(),
                own,
                (node, group, index) -> host.tell(node, groups.get(group).name(), index)));
    cluster
        .peers()
        .forEach(
            (peer, address) -> {
              if (!peer.equals(self)) {
                links.put(peer, new Link(self, cluster.name(), peer, address, host.clientTls()));
              }
            });
    for (int number = 0; number < groups.size(); number++) {
      Group group = groups.get(number);
      group.onChecksum(checksums.get(number)::take);
      clients.add(new GroupClient(number, group, own, links, timer));
    }
    shards.forEach(shard -> shard.bind(groups.get(shard.number() + 1)));
  }

  /** Epochs of the live nodes by number. */
  private Map<Integer, Long> live() {
    return control.current().nodes().values().stream()
        .filter(NodeEntry::live)
        .collect(Collectors.toMap(NodeEntry::number, NodeEntry::epoch));
  }

  /** Where logs and databases lie. */
  static Path directory(QueueSettings settings) {
    return settings.node().dataDir().resolve("raft");
  }

  /** The shards of this node, not yet bound to their groups. */
  static List<Shard> shards(QueueSettings settings, InstantSource clock, ControlFold control) {
    ShardSettings common =
        new ShardSettings(
            settings.queue().rememberEnded(),
            settings.queue().uploadTimeout(),
            settings.queue().timeline().keep(),
            settings.queue().timeline().maxBytes() / settings.cluster().shards());
    List<Shard> made = new ArrayList<>();
    for (int number = 0; number < settings.cluster().shards(); number++) {
      made.add(new Shard(number, settings.node().id(), common, clock, control));
    }
    return made;
  }

  /** Every group of this node: that of control, then the shards in order. */
  static List<GroupSpec> specs(ControlFold control, List<Shard> shards) {
    List<GroupSpec> specs = new ArrayList<>();
    specs.add(new GroupSpec("control", control));
    shards.forEach(shard -> specs.add(new GroupSpec("shard-" + shard.number(), shard.fold())));
    return specs;
  }

  static HostSettings hostSettings(QueueSettings settings, InstantSource clock) {
    ClusterConfig cluster = settings.cluster();
    return new HostSettings(
        settings.node().id(),
        cluster.peers(),
        cluster.name(),
        directory(settings),
        cluster.electionTimeout(),
        cluster.tls(),
        settings.queue().snapshotLogBytes(),
        settings.queue().memoryBytes(),
        clock);
  }

  /** Asked for when the port opens, which is in {@link #start}. */
  private ServerServiceDefinition service() {
    return linkService.orElseThrow().definition();
  }

  /**
   * Starts the Raft server.
   *
   * @throws IOException if its port cannot be used
   */
  void start() throws IOException {
    leases.start();
    every(Duration.ofMillis(500), this::watchLeaders);
    every(Duration.ofMillis(100), () -> clients.forEach(GroupClient::expire));
    host.start();
  }

  /** Runs something again and again on the queue's timer; it must not block. */
  void every(Duration period, Runnable action) {
    Repeated guarded = new Repeated("a task of the queue's timer", action);
    var _ = timer.scheduleWithFixedDelay(guarded, 0, period.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized void watchLeaders() {
    for (int number = 0; number < groups.size(); number++) {
      if (groups.get(number).leader().isPresent()) {
        leaderlessSinceNanos.remove(number);
      } else {
        leaderlessSinceNanos.putIfAbsent(number, System.nanoTime());
      }
    }
  }

  /** For how long no leader of a shard has been known. */
  synchronized Duration leaderlessFor(int shard) {
    Long since = leaderlessSinceNanos.get(shard + 1);
    // There may be one since the last look.
    return since == null || groups.get(shard + 1).leader().isPresent()
        ? Duration.ZERO
        : Duration.ofNanos(System.nanoTime() - since);
  }

  ControlFold control() {
    return control;
  }

  List<Shard> shards() {
    return shards;
  }

  /** The control group, then the shards. */
  List<Group> groups() {
    return groups;
  }

  GroupClient controlClient() {
    return clients.getFirst();
  }

  GroupClient shardClient(int shard) {
    return clients.get(shard + 1);
  }

  RaftHost host() {
    return host;
  }

  ScheduledThreadPoolExecutor timer() {
    return timer;
  }

  /** The desk of a node, this one's own or another's. */
  Desk desk(String node) {
    Link link = links.get(node);
    return link == null ? own : link;
  }

  /**
   * Has every replica of a group take its checksum.
   *
   * @throws QueueException if the group has no leader in time
   */
  void takeChecksum(int group, long token) throws QueueException {
    Record record =
        Record.newBuilder()
            .setChecksum(io.mailraft.api.log.Checksum.newBuilder().setToken(token))
            .build();
    try {
      clients.get(group).submit(record, CHECKSUM_TIMEOUT).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueException(Reason.STOPPING, "interrupted", e);
    } catch (ExecutionException e) {
      throw new QueueException(
          Reason.NO_MAJORITY, groups.get(group).name() + " has no leader: " + e.getCause(), e);
    }
  }

  /**
   * The checksum of a node's replica. A broken stream is opened anew for a while: it may be that of
   * a process before the node's present one.
   */
  CompletableFuture<AnswerFrame> askChecksum(String node, int group, long token) {
    return askChecksum(node, group, token, System.nanoTime() + LINK_PATIENCE.toNanos());
  }

  private CompletableFuture<AnswerFrame> askChecksum(
      String node, int group, long token, long endNanos) {
    return desk(node)
        .checksum(group, token)
        .exceptionallyCompose(
            trouble -> {
              Throwable cause =
                  trouble instanceof CompletionException && trouble.getCause() != null
                      ? trouble.getCause()
                      : trouble;
              if (!(cause instanceof LinkException) || System.nanoTime() - endNanos >= 0) {
                return CompletableFuture.failedFuture(cause);
              }
              return CompletableFuture.completedFuture(token)
                  .thenComposeAsync(
                      same -> askChecksum(node, group, same, endNanos),
                      CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));
            });
  }

  /** Hands every group that this node leads to another node, if one can take it in time. */
  void handOverLeadership(Duration timeout) {
    host.transferLeadership(timeout);
  }

  @Override
  public void close() {
    clients.forEach(GroupClient::close);
    shards.forEach(Shard::close);
    leases.close();
    links.values().forEach(Link::close);
    host.close();
    checksums.forEach(Checksums::close);
    timer.shutdownNow();
  }
}
