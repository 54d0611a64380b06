package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.torture.plant.Plant;
import io.mailraft.ops.torture.plant.PlantAgent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a run takes place: the cluster, the sink, and the hands that can harm them. */
final class Site implements AutoCloseable {
  /**
   * Names that tell the sink who comes, short waits, time limits that fit a hanging host, and small
   * disks.
   */
  private static final String SETTINGS =
      "delivery: { helo: \"${node}.example\", retry: [1s, 2s], commandTimeout: 10s,"
          + " dataStartTimeout: 10s, dataBlockTimeout: 10s, dataEndTimeout: 4s }\n"
          + "queue: { minFreeBytes: 128MiB, snapshotLogBytes: 24MiB }\n";

  private final Options options;
  private final Harms harms = new Harms();
  private final Book book = new Book(harms);
  private final Path agents = Files.createTempDirectory("mailraft-plant-");
  private final Ground ground;
  private final FickleSink sink;
  private final LocalCluster cluster;
  private final Map<Fault, Hand> hands;

  private Site(Options options) throws IOException {
    this.options = options;
    this.ground = Ground.create(options);
    try {
      InetAddress address = InetAddress.ofLiteral(ground.sinkAddress());
      this.sink = FickleSink.start(book, new InetSocketAddress(address, 0));
      this.cluster =
          LocalCluster.create(
              LocalCluster.Options.of(options.nodes(), sink.port())
                  .withShards(options.shards())
                  .withSink(new InetSocketAddress(address, sink.port()))
                  .withSettings(SETTINGS)
                  .withPlaces(ground.places())
                  .withJavaOptions(javaOptions().toArray(String[]::new)));
    } catch (IOException | RuntimeException e) {
      ground.close();
      throw e;
    }
    this.hands = Hands.of(cluster, sink, harms, ground);
  }

  private List<String> javaOptions() throws IOException {
    List<String> all = new ArrayList<>(List.of("-Xmx256m"));
    if (options.plant().isPresent()) {
      all.add(PlantAgent.option(options.plant().get(), agents));
    }
    return all;
  }

  /** Makes everything; starts no node. */
  static Site create(Options options) throws IOException {
    return new Site(options);
  }

  Harms harms() {
    return harms;
  }

  Book book() {
    return book;
  }

  FickleSink sink() {
    return sink;
  }

  LocalCluster cluster() {
    return cluster;
  }

  Map<Fault, Hand> hands() {
    return hands;
  }

  /** A finding where no node carries the bug that was asked for. */
  Optional<Finding> unplanted() throws IOException {
    if (options.plant().isEmpty()) {
      return Optional.empty();
    }
    Plant plant = options.plant().get();
    for (NodeProcess node : cluster.nodes()) {
      if (Files.exists(node.errorLog())
          && Files.readString(node.errorLog(), StandardCharsets.ISO_8859_1)
              .contains(PlantAgent.mark(plant))) {
        return Optional.empty();
      }
    }
    return Optional.of(new Finding(Check.PLANTED, "no node carries " + plant.word()));
  }

  /**
   * Copies logs, settings and Raft logs to where they outlive the cluster, and returns that
   * directory.
   */
  Path keepEvidence() throws IOException {
    Path kept = Files.createTempDirectory("mailraft-torture-" + options.seed() + "-");
    for (NodeProcess node : cluster.nodes()) {
      for (Path file : List.of(node.errorLog(), node.outputLog(), node.configFile())) {
        if (Files.exists(file)) {
          Files.copy(file, kept.resolve(file.getFileName()));
        }
      }
      Path raft = node.dataDirectory().resolve("raft");
      if (Files.isDirectory(raft)) {
        copyRaftLogs(raft, Files.createDirectory(kept.resolve(node.id() + "-raft")));
      }
    }
    return kept;
  }

  /** The log and the vote of each group; the nodes may still write to them. */
  private static void copyRaftLogs(Path from, Path to) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(from, 3)) {
      files = tree.filter(file -> file.toString().contains("/current/")).toList();
    }
    for (Path file : files) {
      Path target = to.resolve(from.relativize(file).toString().replace('/', '-'));
      if (Files.isRegularFile(file)) {
        Files.copy(file, target);
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      cluster.close();
    } finally {
      sink.close();
      ground.close();
      try (Stream<Path> jars = Files.list(agents)) {
        for (Path jar : jars.toList()) {
          Files.delete(jar);
        }
      }
      Files.delete(agents);
    }
  }
}
