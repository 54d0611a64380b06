package io.mailraft.ops;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.chaos.NodePlace;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.faults.LoopDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A disk for each node of a cluster. */
final class Disks implements AutoCloseable {
  private static final long BYTES = 400L << 20;

  private final Map<String, LoopDisk> disks = new LinkedHashMap<>();

  /** Makes them below a directory; skips the test where this machine cannot. */
  static Disks create(Path directory, int nodes) throws IOException {
    assumeTrue(
        LoopDisk.unavailable().isEmpty(), () -> "LoopDisk " + LoopDisk.unavailable().orElseThrow());
    Disks made = new Disks();
    try {
      for (int n = 1; n <= nodes; n++) {
        made.disks.put("n" + n, LoopDisk.create(directory.resolve("disk" + n), BYTES));
      }
      return made;
    } catch (IOException e) {
      made.close();
      throw e;
    }
  }

  Map<String, NodePlace> places() {
    Map<String, NodePlace> places = new HashMap<>();
    disks.forEach(
        (node, disk) ->
            places.put(node, NodePlace.HERE.withData(disk.directory().resolve("data"))));
    return places;
  }

  LoopDisk of(NodeProcess node) {
    LoopDisk disk = disks.get(node.id());
    if (disk == null) {
      throw new IllegalArgumentException(node.id() + " has no disk");
    }
    return disk;
  }

  /**
   * Takes the power from nodes: frozen first, so that none of them sees it go, then without a disk,
   * then dead. Mounts the disks again.
   */
  void cutPower(List<NodeProcess> nodes) throws Exception {
    for (NodeProcess node : nodes) {
      node.pause();
    }
    for (NodeProcess node : nodes) {
      of(node).powerCut();
    }
    for (NodeProcess node : nodes) {
      node.kill();
    }
    for (NodeProcess node : nodes) {
      of(node).revive();
    }
  }

  @Override
  public void close() throws IOException {
    List<IOException> troubles = new ArrayList<>();
    for (LoopDisk disk : disks.values()) {
      try {
        disk.close();
      } catch (IOException e) {
        troubles.add(e);
      }
    }
    if (!troubles.isEmpty()) {
      throw troubles.getFirst();
    }
  }
}
