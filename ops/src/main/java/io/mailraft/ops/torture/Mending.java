package io.mailraft.ops.torture;

import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Mends a node whose data was lost or damaged, as docs/durability.md has it: starts it, which must
 * be refused with a message that names the remedy, and follows that. All other nodes must run.
 */
final class Mending {
  /** How it may have ended before: stopped in order, by itself over its disk, or killed. */
  private static final Set<Integer> ENDS = Set.of(Ends.IN_ORDER, Ends.DISK, Ends.KILLED);

  private static final String REMEDY = "mailraft node rejoin";
  private static final Duration VERIFY_MAX = Duration.ofSeconds(15);
  private static final Duration LOOK_PAUSE = Duration.ofMillis(100);

  private final LocalCluster cluster;
  private final int groups;
  private final Duration bound;
  private final Consumer<String> told;

  /**
   * @param groups number of groups of which each node has a replica
   * @param bound longest time for the refusal, and for the rejoin
   * @param told hears what the node did
   */
  Mending(LocalCluster cluster, int groups, Duration bound, Consumer<String> told) {
    this.cluster = cluster;
    this.groups = groups;
    this.bound = bound;
    this.told = told;
  }

  /** Mends it and starts it; does not wait until it is ready. */
  List<Finding> mend(NodeProcess node, Loss loss) throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    node.kill();
    if (!ENDS.contains(node.exitCode())) {
      findings.add(
          new Finding(
              Check.DAMAGE,
              node.id()
                  + " ended with "
                  + node.exitCode()
                  + " on damaged data; see "
                  + node.errorLog()));
    }
    long before = Files.exists(node.errorLog()) ? Files.size(node.errorLog()) : 0;
    node.start();
    unlike(node, loss, before).ifPresent(text -> findings.add(new Finding(Check.DAMAGE, text)));
    node.kill();
    rejoin(node).ifPresent(text -> findings.add(new Finding(Check.DAMAGE, text)));
    removeOld(node);
    node.start();
    return findings;
  }

  /** What the started node does otherwise than it must. */
  private Optional<String> unlike(NodeProcess node, Loss loss, long before)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + bound.toNanos();
    while (node.isAlive()) {
      if (System.nanoTime() - end >= 0) {
        return Optional.of(node.id() + " neither ends nor works on data that is " + loss);
      }
      if (cluster.httpStatus(node, "/readyz") == 200) {
        if (loss != Loss.POSSIBLE) {
          return Optional.of(node.id() + " started on data that is " + loss);
        }
        if (sound(node)) {
          told.accept(node.id() + " reads all of its data; it rejoins nevertheless");
          return Optional.empty();
        }
      }
      // Nobody tells when it has ended, or read what is damaged.
      Run.hold(LOOK_PAUSE.toMillis());
    }
    int code = node.exitCode();
    String said = said(node, before);
    if (code == Ends.DISK && said.contains(loss.told()) && said.contains(REMEDY)) {
      told.accept(node.id() + " refused its data, and rejoins");
      return Optional.empty();
    }
    return Optional.of(
        node.id()
            + " ended with "
            + code
            + ", and did not say \""
            + loss.told()
            + "\" and \""
            + REMEDY
            + "\"; see "
            + node.errorLog());
  }

  /** Whether all of its replicas were read whole. */
  private boolean sound(NodeProcess node) {
    try {
      VerifyStateResponse answer = cluster.verifyState(VERIFY_MAX);
      return answer.getReplicasList().stream()
              .filter(replica -> replica.getNode().equals(node.id()))
              .filter(replica -> replica.getError().isEmpty())
              .count()
          == groups;
    } catch (UnreachableException e) {
      return false; // Some leader is being elected: it is asked again.
    }
  }

  private static String said(NodeProcess node, long from) throws IOException {
    byte[] all = Files.readAllBytes(node.errorLog());
    return new String(all, (int) from, all.length - (int) from, StandardCharsets.ISO_8859_1);
  }

  /** Runs the command as an operator does; the text says why it did not end well. */
  private Optional<String> rejoin(NodeProcess node) throws IOException, InterruptedException {
    Process process =
        node.operate("node", "rejoin", "-c", node.configFile().toString())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(node.outputLog().toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(node.errorLog().toFile()))
            .start();
    try {
      if (!process.waitFor(bound.toSeconds(), TimeUnit.SECONDS)) {
        return Optional.of(
            "the rejoin of " + node.id() + " did not end within " + bound.toSeconds() + " s");
      }
      return process.exitValue() == 0
          ? Optional.empty()
          : Optional.of(
              "the rejoin of "
                  + node.id()
                  + " ended with "
                  + process.exitValue()
                  + "; see "
                  + node.errorLog());
    } finally {
      process.destroyForcibly();
    }
  }

  /** What was moved aside goes, as an operator removes it who has no use for it. */
  private static void removeOld(NodeProcess node) throws IOException {
    List<Path> old;
    try (Stream<Path> all = Files.list(node.dataDirectory())) {
      old = all.filter(path -> path.getFileName().toString().startsWith("raft.old-")).toList();
    }
    for (Path directory : old) {
      DataHands.empty(directory);
      Files.delete(directory);
    }
  }
}
