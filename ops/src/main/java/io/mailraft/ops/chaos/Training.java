package io.mailraft.ops.chaos;

import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Makes the JVM's ahead-of-time cache for nodes: what a node loads, links and often runs while mail
 * passes a cluster of three (JEP 483, 515). With it a start costs less than half, and the first
 * mail is handled by compiled code sooner. It fits the class path of its making alone.
 */
public final class Training {
  private static final int NODES = 3;
  private static final int SESSIONS = 20;

  /** Enough for the JVM to tell what is run often. */
  private static final int MESSAGES = 2_000;

  private static final long SEED = 1;
  private static final Duration BOUND = Duration.ofMinutes(2);

  private Training() {}

  /** Makes the cache in the file that is the only argument, with nodes started by the script. */
  public static void main(String[] args)
      throws IOException, InterruptedException, TimeoutException {
    train(Path.of(args[0]), Launcher.script(), MESSAGES);
  }

  /**
   * Makes the cache.
   *
   * @param cache the file, which is replaced once the new one is whole
   * @param launcher starts nodes with the class path that the cache is for, without a cache
   * @param messages how many pass the nodes meanwhile
   * @throws IOException if a node does not run, or its JVM makes no cache
   */
  static void train(Path cache, Launcher launcher, int messages)
      throws IOException, InterruptedException, TimeoutException {
    Path made = cache.resolveSibling(cache.getFileName() + ".new");
    Ledger ledger = new Ledger();
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(ledger::arrived));
        LocalCluster cluster =
            LocalCluster.create(
                LocalCluster.Options.of(NODES, sink.port())
                    .withLauncher(launcher)
                    .withPlaces(
                        Map.of(
                            "n1",
                            NodePlace.HERE.withJavaOptions(
                                List.of("-XX:AOTCacheOutput=" + made)))))) {
      cluster.startAll(BOUND);
      try (LoadClient load =
          LoadClient.start(
              LoadClient.Options.of(cluster.smtp(), SESSIONS, messages, SEED), ledger)) {
        int givenUp = load.await(BOUND);
        if (givenUp > 0) {
          throw new IOException(givenUp + " messages were not accepted");
        }
      }
      // Its JVM makes the cache as it ends.
      for (NodeProcess node : cluster.nodes()) {
        int status = node.stop(BOUND);
        if (status != 0) {
          throw new IOException(node.id() + " ended with " + status);
        }
      }
      if (!Files.exists(made)) {
        throw new IOException("the JVM made no cache " + made);
      }
      Files.move(made, cache, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(made);
      Files.deleteIfExists(made.resolveSibling(made.getFileName() + ".config"));
    }
  }
}
