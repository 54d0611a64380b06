package io.mailraft.queue.raft;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Checksum;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.config.HostPort;
import io.mailraft.config.TlsFiles;
import io.mailraft.queue.Patience;
import io.mailraft.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Nodes with one group each, in this process, with real logs, databases and sockets. */
final class TestCluster implements AutoCloseable {
  static final String GROUP = "shard-0";

  private final Path directory;
  private final String name;
  private final Map<String, HostPort> peers;
  private final long snapshotLogBytes;
  private final Function<String, Optional<TlsFiles>> tls;
  private final Map<String, RaftHost> running = new LinkedHashMap<>();
  private final Map<String, LedgerFold> folds = new LinkedHashMap<>();
  private Duration electionTimeout = Duration.ofMillis(300);
  private Optional<SilentLinks> links = Optional.empty();

  TestCluster(
      Path directory,
      String name,
      Map<String, HostPort> peers,
      long snapshotLogBytes,
      Function<String, Optional<TlsFiles>> tls) {
    this.directory = directory;
    this.name = name;
    this.peers = peers;
    this.snapshotLogBytes = snapshotLogBytes;
    this.tls = tls;
  }

  /** A cluster that takes no snapshots by itself. */
  static TestCluster of(Path directory, int nodes) throws IOException {
    return of(directory, nodes, 1L << 40);
  }

  static TestCluster of(Path directory, int nodes, long snapshotLogBytes) throws IOException {
    return new TestCluster(
        directory, nameIn(directory), freePeers(nodes), snapshotLogBytes, _ -> Optional.empty());
  }

  /** A name of its own: Ratis counts per group id, which the name makes, for the whole process. */
  private static String nameIn(Path directory) {
    return "test-" + directory.getFileName();
  }

  /** Nodes n1, n2 and so on, on ports that nobody listens on. */
  static Map<String, HostPort> freePeers(int nodes) throws IOException {
    Map<String, HostPort> peers = new LinkedHashMap<>();
    for (int port : Ports.free(nodes)) {
      peers.put("n" + (peers.size() + 1), new HostPort("127.0.0.1", port));
    }
    return peers;
  }

  TestCluster electionTimeout(Duration timeout) {
    electionTimeout = timeout;
    return this;
  }

  /** Has nodes call each other by way of these. */
  TestCluster by(SilentLinks way) {
    links = Optional.of(way);
    return this;
  }

  /**
   * Starts all nodes, and waits until each takes part: until then a node counts for nobody, and who
   * stops another one meanwhile leaves the cluster without a majority ({@link Admission}).
   */
  TestCluster startAll() throws IOException {
    for (String node : peers.keySet()) {
      start(node);
    }
    for (String node : peers.keySet()) {
      await(node + " following or leading", () -> group(node).leader().isPresent());
    }
    return this;
  }

  /** Lets every node take part at its first start, whether it has seen the others or not. */
  TestCluster settled() throws IOException {
    for (String node : peers.keySet()) {
      Membership.open(Files.createDirectories(data(node))).become(Membership.State.MEMBER);
    }
    return this;
  }

  RaftHost start(String node) throws IOException {
    LedgerFold fold = new LedgerFold();
    RaftHost host =
        new RaftHost(settings(node), List.of(new GroupSpec(GROUP, fold)), UnaryOperator.identity());
    host.start();
    running.put(node, host);
    folds.put(node, fold);
    return host;
  }

  HostSettings settings(String node) {
    return new HostSettings(
        node,
        links.map(way -> way.seenBy(node)).orElse(peers),
        name,
        data(node),
        electionTimeout,
        tls.apply(node),
        snapshotLogBytes,
        32 << 20,
        InstantSource.system());
  }

  void stop(String node) {
    RaftHost host = running.remove(node);
    if (host != null) {
      host.close();
    }
  }

  Path data(String node) {
    return directory.resolve(node);
  }

  Map<String, HostPort> peers() {
    return peers;
  }

  List<String> running() {
    return List.copyOf(running.keySet());
  }

  RaftHost host(String node) {
    RaftHost host = running.get(node);
    if (host == null) {
      throw new IllegalStateException(node + " does not run");
    }
    return host;
  }

  Group group(String node) {
    return host(node).group(GROUP);
  }

  LedgerFold fold(String node) {
    LedgerFold fold = folds.get(node);
    if (fold == null) {
      throw new IllegalStateException(node + " never ran");
    }
    return fold;
  }

  /** The node that leads, once there is one. */
  String leader() {
    await("a leader", () -> running.keySet().stream().anyMatch(node -> group(node).leading()));
    return running.keySet().stream()
        .filter(node -> group(node).leading())
        .findFirst()
        .orElseGet(this::leader);
  }

  String follower() {
    String leader = leader();
    return running.keySet().stream().filter(node -> !node.equals(leader)).findFirst().orElseThrow();
  }

  /** Proposes on whichever node leads until it is accepted. */
  Answer propose(Record record) {
    long end = System.nanoTime() + Patience.MAX.toNanos();
    while (System.nanoTime() < end) {
      try {
        return group(leader()).propose(record).get(Patience.MAX.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof NotLeaderException)) {
          throw new AssertionError(e);
        }
      } catch (InterruptedException | TimeoutException e) {
        throw new AssertionError(e);
      }
    }
    throw new AssertionError("nobody took the record within " + Patience.MAX);
  }

  /** Waits until every running node has applied what the leader has. */
  long settle() {
    long index = group(leader()).applied().index();
    for (String node : running.keySet()) {
      await(node + " at " + index, () -> group(node).applied().index() >= index);
    }
    return index;
  }

  static Record token(long token) {
    return Record.newBuilder().setChecksum(Checksum.newBuilder().setToken(token)).build();
  }

  static Record chunk(int number, byte[] body) {
    return Record.newBuilder()
        .setStoreChunk(StoreChunk.newBuilder().setNumber(number).setBody(ByteString.copyFrom(body)))
        .build();
  }

  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Patience.MAX.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("no " + what + " within " + Patience.MAX);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** Stops all nodes at once: the end of each takes up to a second, for which its log waits. */
  @Override
  public void close() {
    List<RaftHost> hosts = List.copyOf(running.values());
    running.clear();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      hosts.forEach(host -> each.execute(host::close));
    }
  }
}
