package io.mailraft.ops.chaos;

import io.mailraft.api.admin.GroupStatus;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.api.admin.ZoneStatus;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A cluster of node processes on this machine, on free ports, with its files in one directory
 * except for data that is placed elsewhere.
 */
public final class LocalCluster implements AutoCloseable {
  private static final int NODES_MAX = 9;
  private static final Duration CALL_TIME_MAX = Duration.ofSeconds(5);

  /**
   * How a cluster is set up.
   *
   * @param nodes number of nodes, named n1, n2, ...
   * @param shards number of shards
   * @param sink where the zone default delivers
   * @param settings further sections for every config file, as YAML; empty for none
   * @param javaOptions further JVM options for every node
   * @param launcher how a node is started
   * @param places where nodes run, by their name; the others run {@link NodePlace#HERE}
   * @param keep whether the directory is kept when the cluster is closed
   */
  public record Options(
      int nodes,
      int shards,
      InetSocketAddress sink,
      String settings,
      List<String> javaOptions,
      Launcher launcher,
      Map<String, NodePlace> places,
      boolean keep) {
    public Options {
      if (nodes < 1 || nodes > NODES_MAX) {
        throw new IllegalArgumentException("1 to " + NODES_MAX + " nodes, not " + nodes);
      }
      javaOptions = List.copyOf(javaOptions);
      places = Map.copyOf(places);
    }

    /** A cluster started by the project's script with nothing special; the sink is on 127.0.0.1. */
    public static Options of(int nodes, int sinkPort) {
      return new Options(
          nodes,
          1,
          new InetSocketAddress(InetAddress.ofLiteral(NodePlace.LOOPBACK), sinkPort),
          "",
          List.of(),
          Launcher.script(),
          Map.of(),
          false);
    }

    /** The same with so many shards. */
    public Options withShards(int number) {
      return new Options(nodes, number, sink, settings, javaOptions, launcher, places, keep);
    }

    /** The same with another sink. */
    public Options withSink(InetSocketAddress other) {
      return new Options(nodes, shards, other, settings, javaOptions, launcher, places, keep);
    }

    /** The same with further sections of settings. */
    public Options withSettings(String yaml) {
      return new Options(nodes, shards, sink, yaml, javaOptions, launcher, places, keep);
    }

    /** The same with further JVM options. */
    public Options withJavaOptions(String... more) {
      return new Options(nodes, shards, sink, settings, List.of(more), launcher, places, keep);
    }

    /** The same with another launcher. */
    public Options withLauncher(Launcher other) {
      return new Options(nodes, shards, sink, settings, javaOptions, other, places, keep);
    }

    /** The same with nodes in these places. */
    public Options withPlaces(Map<String, NodePlace> other) {
      return new Options(nodes, shards, sink, settings, javaOptions, launcher, other, keep);
    }

    /** The same with the directory kept or not. */
    public Options withKeep(boolean other) {
      return new Options(nodes, shards, sink, settings, javaOptions, launcher, places, other);
    }

    NodePlace place(String node) {
      return Optional.ofNullable(places.get(node)).orElse(NodePlace.HERE);
    }
  }

  private final Path directory;
  private final boolean keep;
  private final Map<String, NodeProcess> nodes;
  private final Thread hook = new Thread(this::abandon, "end-nodes");
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CALL_TIME_MAX).build();

  private LocalCluster(Path directory, boolean keep, Map<String, NodeProcess> nodes) {
    this.directory = directory;
    this.keep = keep;
    this.nodes = nodes;
  }

  /** Writes the config files of a new cluster; starts nothing. */
  public static LocalCluster create(Options options) throws IOException {
    Path directory = Files.createTempDirectory("mailraft-");
    try {
      return create(options, directory);
    } catch (IOException | RuntimeException e) {
      try {
        delete(directory);
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  private static LocalCluster create(Options options, Path directory) throws IOException {
    List<Integer> ports = Ports.free(options.nodes() * 4);
    Map<String, NodeProcess> nodes = new LinkedHashMap<>();
    for (int n = 0; n < options.nodes(); n++) {
      String id = "n" + (n + 1);
      NodeProcess.Listening listening =
          new NodeProcess.Listening(
              ports.get(n * 4), ports.get(n * 4 + 1), ports.get(n * 4 + 2), ports.get(n * 4 + 3));
      nodes.put(
          id,
          new NodeProcess(
              id,
              listening,
              directory.resolve(id + ".yaml"),
              directory,
              options.launcher(),
              options.javaOptions(),
              options.place(id)));
    }
    ClusterConfigs.write(List.copyOf(nodes.values()), directory, options);
    LocalCluster cluster = new LocalCluster(directory, options.keep(), nodes);
    Runtime.getRuntime().addShutdownHook(cluster.hook);
    return cluster;
  }

  /** The directory of config files, data and logs. */
  public Path directory() {
    return directory;
  }

  /** All nodes, in order. */
  public List<NodeProcess> nodes() {
    return List.copyOf(nodes.values());
  }

  /** The node of that name. */
  public NodeProcess node(String id) {
    return Optional.ofNullable(nodes.get(id))
        .orElseThrow(() -> new IllegalArgumentException("there is no node " + id));
  }

  /** Where each node takes mail, by its name. */
  public Map<String, InetSocketAddress> smtp() {
    Map<String, InetSocketAddress> result = new LinkedHashMap<>();
    nodes.forEach((id, node) -> result.put(id, node.smtp()));
    return result;
  }

  /** Starts every node that does not run, and waits until all are ready. */
  public void startAll(Duration bound) throws IOException, InterruptedException, TimeoutException {
    for (NodeProcess node : nodes.values()) {
      if (!node.isAlive()) {
        node.start();
      }
    }
    for (NodeProcess node : nodes.values()) {
      awaitReady(node, bound);
    }
  }

  /** Waits until a node has said where it listens and its readiness check says yes. */
  public void awaitReady(NodeProcess node, Duration bound)
      throws IOException, InterruptedException, TimeoutException {
    node.awaitReadyLine(bound);
    Await.until(bound, node.id() + " is ready", () -> httpStatus(node, "/readyz") == 200);
  }

  /** The status that a node's HTTP listener answers with, or 0 where it does not answer. */
  public int httpStatus(NodeProcess node, String path) throws InterruptedException {
    URI address =
        URI.create(
            "http://"
                + node.http().getAddress().getHostAddress()
                + ":"
                + node.http().getPort()
                + path);
    HttpRequest request = HttpRequest.newBuilder(address).timeout(CALL_TIME_MAX).build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  /** What a node says of its cluster. */
  public StatusResponse status(NodeProcess node) throws UnreachableException {
    try (AdminClient client = admin(node)) {
      return client.status(CALL_TIME_MAX);
    }
  }

  /** Waits until a running node leads the group and says so itself, and returns it. */
  public NodeProcess awaitLeader(String group, Duration bound)
      throws InterruptedException, TimeoutException {
    List<NodeProcess> found = new ArrayList<>();
    Await.until(
        bound,
        "a node leads " + group,
        () -> {
          for (NodeProcess node : nodes.values()) {
            if (node.isRunning() && leads(node, group)) {
              found.add(node);
              return true;
            }
          }
          return false;
        });
    return found.getFirst();
  }

  private boolean leads(NodeProcess node, String group) {
    try {
      return status(node).getGroupsList().stream()
          .anyMatch(
              (GroupStatus state) ->
                  state.getName().equals(group) && state.getLeader().equals(node.id()));
    } catch (UnreachableException e) {
      // A node that is starting or dying leads nothing; the caller asks again.
      return false;
    }
  }

  /** Waits until a node says that no zone has an open delivery. */
  public void awaitDrained(Duration bound) throws InterruptedException, TimeoutException {
    Await.until(
        bound,
        "the queue is empty",
        () -> nodes.values().stream().anyMatch(node -> node.isRunning() && drained(node)));
  }

  private boolean drained(NodeProcess node) {
    try {
      StatusResponse status = status(node);
      return status.getReady()
          && status.getZonesList().stream()
              .allMatch(
                  (ZoneStatus zone) ->
                      zone.getQueued() + zone.getClaimed() + zone.getDeferred() + zone.getHeld()
                          == 0);
    } catch (UnreachableException e) {
      // As above: the caller asks again.
      return false;
    }
  }

  /** The checksums of all replicas as one running node collects them. */
  public VerifyStateResponse verifyState(Duration timeout) throws UnreachableException {
    NodeProcess node =
        nodes.values().stream()
            .filter(NodeProcess::isRunning)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no node runs"));
    try (AdminClient client = admin(node)) {
      return client.verifyState(timeout);
    }
  }

  private static AdminClient admin(NodeProcess node) {
    return AdminClient.of(node.admin().getAddress().getHostAddress(), node.admin().getPort());
  }

  /** Ends all processes with SIGKILL and removes the directory unless it is to be kept. */
  @Override
  public void close() throws IOException {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // The hook runs, and does what this method would.
      return;
    }
    http.shutdownNow();
    endAll();
    if (!keep) {
      delete(directory);
    }
  }

  private void abandon() {
    endAll();
    try {
      if (!keep) {
        delete(directory);
      }
    } catch (IOException e) {
      System.err.println("cannot remove " + directory + ": " + e.getMessage());
    }
  }

  private void endAll() {
    boolean interrupted = false;
    for (NodeProcess node : nodes.values()) {
      try {
        node.kill();
      } catch (InterruptedException e) {
        // Every process must go, whoever is in a hurry; SIGKILL was sent before the wait.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void delete(Path directory) throws IOException {
    List<Path> paths;
    try (Stream<Path> tree = Files.walk(directory)) {
      paths = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
