package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** How data on a node's disk is lost. What is lost stays so: recovery lets the node rejoin. */
final class DataHands {
  private DataHands() {}

  /** Empties a directory. */
  static void empty(Path directory) throws IOException {
    List<Path> paths;
    try (Stream<Path> tree = Files.walk(directory)) {
      paths = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      if (!path.equals(directory)) {
        Files.delete(path);
      }
    }
  }

  /** Kills nodes and empties their data directories. */
  record Wipe() implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        node.kill();
        empty(node.dataDirectory());
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) {
      // They stay down until the cluster has recovered from everything else.
    }

    @Override
    public Optional<Loss> loss(NodeProcess node) {
      return Optional.of(Loss.EMPTIED);
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.KILLED);
    }
  }

  /** Damages files of nodes that were stopped, or of nodes that run. */
  static final class Corrupt implements Hand {
    private final Consumer<String> told;
    private final Map<String, Loss> losses = new HashMap<>();

    /**
     * @param told hears which files were harmed
     */
    Corrupt(Consumer<String> told) {
      this.told = told;
    }

    @Override
    public synchronized void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      Damage damage = blow.damage().orElseThrow();
      for (NodeProcess node : nodes) {
        if (!damage.running()) {
          Hands.stop(List.of(node));
        }
        Damage.Done done = damage.inflict(node.dataDirectory());
        losses.put(node.id(), done.certain() ? Loss.CERTAIN : Loss.POSSIBLE);
        told.accept(
            "damaged on %s: %s%s"
                .formatted(
                    node.id(),
                    done.files().getFirst(),
                    done.files().size() == 1 ? "" : " and " + (done.files().size() - 1) + " more"));
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) {
      // As above.
    }

    @Override
    public synchronized Optional<Loss> loss(NodeProcess node) {
      return Optional.ofNullable(losses.get(node.id()));
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.IN_ORDER, Ends.DISK);
    }
  }
}
