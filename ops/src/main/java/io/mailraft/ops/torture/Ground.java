package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodePlace;
import io.mailraft.ops.faults.FakeClock;
import io.mailraft.ops.faults.LoopDisk;
import io.mailraft.ops.faults.NodeNetwork;
import io.mailraft.ops.faults.SyscallFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the machines below the nodes are made of, as far as the faults of a run need it: disks, a
 * network, clocks.
 */
final class Ground implements AutoCloseable {
  private static final long DISK_BYTES = 1L << 30;
  private static final Set<Fault> OF_DISKS =
      EnumSet.of(Fault.POWER_CUT, Fault.DISK_FULL, Fault.READ_ONLY);
  private static final Set<Fault> OF_CALLS = EnumSet.of(Fault.DISK_ERROR, Fault.DISK_SLOW);
  private static final Set<Fault> OF_NETWORKS =
      EnumSet.of(Fault.CUT, Fault.ISOLATE, Fault.ONE_WAY, Fault.PART, Fault.LOSS, Fault.DELAY);

  private final Path directory;
  private final Map<String, LoopDisk> disks = new LinkedHashMap<>();
  private final Map<String, FakeClock> clocks = new LinkedHashMap<>();
  private final Map<String, NodePlace> places = new HashMap<>();
  private final Deque<AutoCloseable> made = new ArrayDeque<>();
  private Optional<NodeNetwork> network = Optional.empty();

  private Ground(Path directory) {
    this.directory = directory;
  }

  /** Why a fault cannot be done on this machine; empty where it can. */
  static Optional<String> unavailable(Fault fault) throws InterruptedException {
    if (OF_DISKS.contains(fault)) {
      return LoopDisk.unavailable();
    }
    if (OF_CALLS.contains(fault)) {
      return SyscallFault.unavailable();
    }
    if (OF_NETWORKS.contains(fault)) {
      return NodeNetwork.unavailable();
    }
    return fault == Fault.CLOCK ? FakeClock.unavailable() : Optional.empty();
  }

  /** Makes what these faults need. */
  static Ground create(Options options) throws IOException {
    Ground ground = new Ground(Files.createTempDirectory("mailraft-ground-"));
    try {
      ground.make(
          IntStream.rangeClosed(1, options.nodes()).mapToObj(number -> "n" + number).toList(),
          options.faults());
      return ground;
    } catch (IOException | RuntimeException e) {
      try {
        ground.close();
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  private void make(List<String> nodes, Set<Fault> faults) throws IOException {
    nodes.forEach(node -> places.put(node, NodePlace.HERE));
    if (faults.stream().anyMatch(OF_NETWORKS::contains)) {
      NodeNetwork all = NodeNetwork.create(nodes);
      made.push(all);
      network = Optional.of(all);
      places.replaceAll(
          (node, place) ->
              place.withNetwork(all.prefix(node), all.address(node), all.loopback(node)));
    }
    for (String node : nodes) {
      if (faults.stream().anyMatch(OF_DISKS::contains)) {
        LoopDisk disk = LoopDisk.create(directory.resolve("disk-" + node), DISK_BYTES);
        made.push(disk);
        disks.put(node, disk);
        Path data = disk.directory().resolve("data");
        places.computeIfPresent(node, (name, place) -> place.withData(data));
      }
      if (faults.contains(Fault.CLOCK)) {
        FakeClock clock = FakeClock.create(directory.resolve("clock-" + node));
        made.push(clock);
        clocks.put(node, clock);
        places.computeIfPresent(node, (name, place) -> place.withEnvironment(clock.environment()));
      }
    }
  }

  /** Where each node runs. */
  Map<String, NodePlace> places() {
    return Map.copyOf(places);
  }

  /** The address at which nodes reach a sink of this process. */
  String sinkAddress() {
    return network.map(NodeNetwork::address).orElse("127.0.0.1");
  }

  LoopDisk disk(String node) {
    return Optional.ofNullable(disks.get(node))
        .orElseThrow(() -> new IllegalStateException(node + " has no disk of its own"));
  }

  FakeClock clock(String node) {
    return Optional.ofNullable(clocks.get(node))
        .orElseThrow(() -> new IllegalStateException(node + " has no clock of its own"));
  }

  NodeNetwork network() {
    return network.orElseThrow(() -> new IllegalStateException("there is no network of nodes"));
  }

  /** Takes everything down, last made first. */
  @Override
  public void close() throws IOException {
    IOException trouble = new IOException("cannot take down everything");
    while (!made.isEmpty()) {
      try {
        made.pop().close();
      } catch (Exception e) {
        trouble.addSuppressed(e);
      }
    }
    try {
      removeDirectory();
    } catch (IOException e) {
      trouble.addSuppressed(e);
    }
    if (trouble.getSuppressed().length > 0) {
      throw trouble;
    }
  }

  private void removeDirectory() throws IOException {
    try (Stream<Path> left = Files.list(directory)) {
      for (Path path : left.toList()) {
        Files.deleteIfExists(path);
      }
    }
    Files.deleteIfExists(directory);
  }
}
