package io.mailraft.queue;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.Recipient;
import io.mailraft.config.ClusterConfig;
import io.mailraft.config.HostPort;
import io.mailraft.config.NodeConfig;
import io.mailraft.config.QueueConfig;
import io.mailraft.config.TimelineConfig;
import io.mailraft.testkit.Ports;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Nodes of a queue in this process, each with a {@link Sink} as its delivery. */
final class QueueCluster implements AutoCloseable {
  static final String ZONE = "default";
  static final Duration LEASE_TERM = Duration.ofSeconds(1);
  private static final Duration ELECTION = Duration.ofMillis(300);
  private static final int WANTED = 1000;

  private final Path directory;
  private final String name;
  private int shards;
  private final Map<String, HostPort> peers;
  private final Map<String, Queue> running = new LinkedHashMap<>();
  private final Map<String, Sink> sinks = new LinkedHashMap<>();
  private Duration submitTimeout = Duration.ofSeconds(20);
  private Duration uploadTimeout = Duration.ofMinutes(10);

  QueueCluster(Path directory, int nodes, int shards) throws IOException {
    this.directory = directory;
    // Its own: Ratis counts per group id, which the name makes, for the whole process.
    this.name = "test-" + directory.getFileName();
    this.shards = shards;
    this.peers = freePeers(nodes);
    peers.keySet().forEach(node -> sinks.put(node, new Sink()));
  }

  /** Changes the number of shards of nodes that are started from here on. */
  QueueCluster shards(int number) {
    shards = number;
    return this;
  }

  QueueCluster uploadTimeout(Duration timeout) {
    uploadTimeout = timeout;
    return this;
  }

  QueueCluster submitTimeout(Duration timeout) {
    submitTimeout = timeout;
    return this;
  }

  private static Map<String, HostPort> freePeers(int nodes) throws IOException {
    Map<String, HostPort> peers = new LinkedHashMap<>();
    for (int port : Ports.free(nodes)) {
      peers.put("n" + (peers.size() + 1), new HostPort("127.0.0.1", port));
    }
    return peers;
  }

  QueueCluster startAll() throws Exception {
    for (String node : peers.keySet()) {
      open(node);
    }
    for (Queue queue : running.values()) {
      queue.joined().get(Patience.MAX.toSeconds(), TimeUnit.SECONDS);
    }
    for (Queue queue : running.values()) {
      // A shard's replica opens after the control group's; until then it counts for nobody.
      await("every replica following or leading", () -> queue.unready().isEmpty());
    }
    return this;
  }

  Queue start(String node) throws Exception {
    Queue queue = open(node);
    queue.joined().get(Patience.MAX.toSeconds(), TimeUnit.SECONDS);
    return queue;
  }

  private Queue open(String node) throws IOException {
    Files.createDirectories(data(node));
    QueueSettings settings =
        new QueueSettings(
            new NodeConfig(node, data(node), List.of()),
            new ClusterConfig(name, shards, peers, Optional.empty(), ELECTION, LEASE_TERM),
            new QueueConfig(
                submitTimeout,
                uploadTimeout,
                Duration.ofHours(1),
                64 << 20,
                32 << 20,
                1 << 20,
                new TimelineConfig(Duration.ofDays(7), 64 << 20)),
            NodeAddresses.getDefaultInstance(),
            "zones: {}");
    Sink sink = sink(node);
    Queue queue = new Queue(settings, InstantSource.system(), sink::take, sink, sink::broken);
    sink.bind(queue);
    running.put(node, queue);
    queue.start();
    queue.wants(ZONE, WANTED);
    return queue;
  }

  void stop(String node) {
    sink(node).unbind();
    Queue queue = running.remove(node);
    if (queue != null) {
      queue.close();
    }
  }

  Path data(String node) {
    return directory.resolve(node);
  }

  Map<String, HostPort> peers() {
    return peers;
  }

  Queue queue(String node) {
    Queue queue = running.get(node);
    if (queue == null) {
      throw new IllegalStateException(node + " does not run");
    }
    return queue;
  }

  Sink sink(String node) {
    Sink sink = sinks.get(node);
    if (sink == null) {
      throw new IllegalStateException("there is no node " + node);
    }
    return sink;
  }

  List<String> running() {
    return List.copyOf(running.keySet());
  }

  /** The node that leads a group, as a majority sees it. */
  String leader(String group) {
    String[] found = {""};
    await(
        "leader of " + group,
        () -> {
          List<String> seen =
              running.values().stream()
                  .flatMap(queue -> queue.groups().stream())
                  .filter(state -> state.name().equals(group))
                  .flatMap(state -> state.leader().stream())
                  .filter(running::containsKey)
                  .distinct()
                  .toList();
          found[0] = seen.size() == 1 ? seen.getFirst() : "";
          return seen.size() == 1;
        });
    return found[0];
  }

  String notLeading(String group) {
    String leader = leader(group);
    return running.keySet().stream().filter(node -> !node.equals(leader)).findFirst().orElseThrow();
  }

  /** How often a delivery was attempted and reported as delivered, over all nodes. */
  int deliveredTimes(MessageId id, int seq) {
    return sinks.values().stream().mapToInt(sink -> sink.deliveredTimes(id, seq)).sum();
  }

  int delivered() {
    return sinks.values().stream().mapToInt(Sink::delivered).sum();
  }

  int held() {
    // A sink keeps what it held when its node's lease lapses, and another one has it then, too.
    return Math.toIntExact(
        sinks.values().stream()
            .flatMap(sink -> sink.held().stream())
            .map(claim -> claim.id() + " " + claim.seq())
            .distinct()
            .count());
  }

  /** Waits until no node sees an open delivery. */
  void awaitEmpty() {
    for (Queue queue : running.values()) {
      await("empty queue, but " + queue.zones(), () -> queue.zones().isEmpty());
    }
  }

  static byte[] body(int bytes) {
    byte[] body = new byte[bytes];
    new Random(bytes).nextBytes(body);
    return body;
  }

  static List<Recipient> recipients(int count) {
    List<Recipient> recipients = new ArrayList<>();
    for (int seq = 1; seq <= count; seq++) {
      recipients.add(
          Recipient.newBuilder()
              .setSeq(seq)
              .setAddress("user" + seq + "@d" + seq % 3 + ".example")
              .setZone(ZONE)
              .setDomain("d" + seq % 3 + ".example")
              .build());
    }
    return recipients;
  }

  static Envelope envelope() {
    return Envelope.newBuilder().setSender("sender@example.com").build();
  }

  static MessageId submit(Queue queue, byte[] body, int recipients) throws QueueException {
    try (Upload upload = queue.begin()) {
      upload.write(ByteBuffer.wrap(body));
      upload.commit(envelope(), recipients(recipients));
      return upload.id();
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Patience.MAX.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("no " + what + " within " + Patience.MAX);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public void close() {
    sinks.values().forEach(Sink::unbind);
    List<Thread> closing =
        running.values().stream().map(queue -> Thread.ofVirtual().start(queue::close)).toList();
    running.clear();
    try {
      for (Thread thread : closing) {
        if (!thread.join(Patience.MAX)) {
          throw new AssertionError("a node did not close within " + Patience.MAX);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
