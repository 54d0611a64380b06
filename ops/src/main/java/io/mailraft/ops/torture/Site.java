package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.torture.plant.Plant;
import io.mailraft.ops.torture.plant.PlantAgent;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a run takes place: the cluster, the sink, and the hands that can harm them. */
final class Site implements AutoCloseable {
  /** Names that tell the sink who comes, short waits, and time limits that fit a hanging host. */
  private static final String SETTINGS =
      "delivery: { helo: \"${node}.example\", retry: [1s, 2s], commandTimeout: 10s,"
          + " dataStartTimeout: 10s, dataBlockTimeout: 10s, dataEndTimeout: 4s }\n";

  private final Options options;
  private final Harms harms = new Harms();
  private final Book book = new Book(harms);
  private final Path agents = Files.createTempDirectory("mailraft-plant-");
  private final FickleSink sink;
  private final LocalCluster cluster;
  private final Map<Fault, Hand> hands;

  private Site(Options options) throws IOException {
    this.options = options;
    this.sink = FickleSink.start(book, SmtpSink.loopback(0));
    try {
      this.cluster =
          LocalCluster.create(
              LocalCluster.Options.of(options.nodes(), sink.port())
                  .withSettings(SETTINGS)
                  .withJavaOptions(javaOptions().toArray(String[]::new)));
    } catch (IOException | RuntimeException e) {
      sink.close();
      throw e;
    }
    this.hands = Hands.of(cluster, sink, harms);
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

  /** Copies the logs to where they outlive the cluster, and returns that directory. */
  Path keepLogs() throws IOException {
    Path kept = Files.createTempDirectory("mailraft-torture-" + options.seed() + "-");
    for (NodeProcess node : cluster.nodes()) {
      for (Path log : List.of(node.errorLog(), node.outputLog())) {
        if (Files.exists(log)) {
          Files.copy(log, kept.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return kept;
  }

  @Override
  public void close() throws IOException {
    try {
      cluster.close();
    } finally {
      sink.close();
      try (Stream<Path> jars = Files.list(agents)) {
        for (Path jar : jars.toList()) {
          Files.delete(jar);
        }
      }
      Files.delete(agents);
    }
  }
}
