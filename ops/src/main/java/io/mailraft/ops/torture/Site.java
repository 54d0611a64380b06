package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.faults.TakeDown;
import io.mailraft.ops.torture.plant.Plant;
import io.mailraft.ops.torture.plant.PlantAgent;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
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
  private final TakeDown takeDown = new TakeDown();
  private final Ground ground;
  private final FickleSink sink;
  private final LocalCluster cluster;

  private Site(Options options) throws IOException {
    this.options = options;
    try {
      this.ground = Ground.create(options);
      takeDown.push(ground::close);
      InetAddress address = InetAddress.ofLiteral(ground.sinkAddress());
      this.sink = FickleSink.start(book, new InetSocketAddress(address, 0));
      takeDown.push(sink::close);
      this.cluster =
          LocalCluster.create(
              LocalCluster.Options.of(options.nodes(), sink.port())
                  .withShards(options.shards())
                  .withSink(new InetSocketAddress(address, sink.port()))
                  .withSettings(SETTINGS)
                  .withPlaces(ground.places())
                  .withJavaOptions(javaOptions().toArray(String[]::new)));
      takeDown.push(cluster::close);
    } catch (IOException | RuntimeException e) {
      takeDown.after(e);
      throw e;
    }
  }

  private List<String> javaOptions() throws IOException {
    List<String> all = new ArrayList<>(List.of("-Xmx256m"));
    Path extras = Files.createTempDirectory("mailraft-plant-");
    takeDown.push(() -> remove(extras));
    Path settings = extras.resolve(Leaders.SETTINGS);
    try (InputStream in = Site.class.getResourceAsStream(Leaders.SETTINGS)) {
      Files.copy(Objects.requireNonNull(in, Leaders.SETTINGS), settings);
    }
    all.add("-Dlogback.configurationFile=" + settings);
    if (options.plant().isPresent()) {
      all.add(PlantAgent.option(options.plant().get(), extras));
    }
    return all;
  }

  private static void remove(Path extras) throws IOException {
    for (Path file : list(extras)) {
      Files.delete(file);
    }
    Files.delete(extras);
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

  /**
   * What can harm the nodes.
   *
   * @param told hears what was done beside what the plan says
   */
  Map<Fault, Hand> hands(Consumer<String> told) {
    return Hands.of(sink, harms, ground, told);
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
      copyRaftLogs(
          node.dataDirectory().resolve("raft"),
          Files.createDirectory(kept.resolve(node.id() + "-raft")));
    }
    return kept;
  }

  /** The log and the vote of each group; the nodes may still write to them. */
  private static void copyRaftLogs(Path from, Path to) throws IOException {
    for (Path group : list(from)) {
      for (Path file : list(group.resolve("current"))) {
        try {
          Files.copy(file, to.resolve(group.getFileName() + "-" + file.getFileName()));
        } catch (NoSuchFileException e) {
          // Renamed or purged since it was listed: evidence of the rest is worth more.
        }
      }
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  /** The nodes first, what is below them last, each whatever the others do. */
  @Override
  public void close() throws IOException {
    takeDown.close();
  }
}
