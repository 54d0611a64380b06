package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Open files, threads and memory of every node, looked at after each recovery. What a process opens
 * for each fault, and does not close, shows here. The heap itself is bounded by the JVM; a leak in
 * it ends the process.
 */
final class Growth {
  private static final int FILES_MAX = 600;
  private static final int THREADS_MAX = 100;

  /** Each group has its own, and some for each other node. */
  private static final int THREADS_BY_REPLICA_MAX = 8;

  private static final long MEMORY_KIB_MAX = 900L << 10;

  /** What a process has at one time. */
  private record Sample(int files, int threads, long memoryKib) {
    Sample max(Sample other) {
      return new Sample(
          Math.max(files, other.files),
          Math.max(threads, other.threads),
          Math.max(memoryKib, other.memoryKib));
    }
  }

  private final Map<String, Sample> most = new HashMap<>();
  private final Sample bounds;

  /**
   * @param groups how many each node has
   */
  Growth(int nodes, int groups) {
    this.bounds =
        new Sample(
            FILES_MAX, THREADS_MAX + THREADS_BY_REPLICA_MAX * nodes * groups, MEMORY_KIB_MAX);
  }

  /** Looks at a node that runs. */
  void look(NodeProcess node) throws IOException {
    try {
      sample(node);
    } catch (IOException e) {
      if (node.isAlive()) {
        throw e;
      } // It ended by itself meanwhile, which is another check's finding.
    }
  }

  private void sample(NodeProcess node) throws IOException {
    Path process = Path.of("/proc", String.valueOf(node.pid()));
    int files;
    try (Stream<Path> open = Files.list(process.resolve("fd"))) {
      files = Math.toIntExact(open.count());
    }
    List<String> status = Files.readAllLines(process.resolve("status"));
    Sample sample =
        new Sample(files, Math.toIntExact(number(status, "Threads:")), number(status, "VmRSS:"));
    most.merge(node.id(), sample, Sample::max);
  }

  private static long number(List<String> status, String name) throws IOException {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip().split(" ", 2)[0])
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow(() -> new IOException("a process status without " + name));
  }

  /** Which bounds were passed. */
  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    most.forEach(
        (node, sample) -> {
          if (!sample.max(bounds).equals(bounds)) {
            findings.add(
                new Finding(
                    Check.GROWTH,
                    node + " had " + told(sample) + "; the bounds are " + told(bounds)));
          }
        });
    return findings;
  }

  /** The most of all nodes, as text. */
  String most() {
    return told(most.values().stream().reduce(new Sample(0, 0, 0), Sample::max));
  }

  private static String told(Sample sample) {
    return "%d open files, %d threads, %d MiB resident"
        .formatted(sample.files(), sample.threads(), sample.memoryKib() >> 10);
  }
}
