package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.faults.NodeNetwork;
import io.mailraft.ops.faults.SyscallFault;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How faults of the machine below the nodes are done. */
final class GroundHands {
  private static final Duration SLOW = Duration.ofMillis(100);
  private static final Duration DAY = Duration.ofDays(1);
  private static final int LOSS_PERMILLE = 200;
  private static final int DELAY_MILLIS = 25;

  /** Network faults that are in force; the last one to end takes all rules away. */
  private static final class Network {
    private final Ground ground;
    private int inForce;

    Network(Ground ground) {
      this.ground = ground;
    }

    synchronized void strike(Cable what, List<NodeProcess> nodes) throws IOException {
      inForce++;
      if (!nodes.isEmpty()) {
        what.harm(ground.network(), nodes.stream().map(NodeProcess::id).toList());
      }
    }

    synchronized void heal() throws IOException {
      if (--inForce == 0) {
        ground.network().heal();
      }
    }
  }

  @FunctionalInterface
  private interface Cable {
    void harm(NodeNetwork network, List<String> nodes) throws IOException;
  }

  @FunctionalInterface
  private interface OneCable {
    void harm(NodeNetwork network, String node) throws IOException;
  }

  private static Cable each(OneCable what) {
    return (network, nodes) -> {
      for (String node : nodes) {
        what.harm(network, node);
      }
    };
  }

  /**
   * @param nodes one at least
   */
  private static void part(NodeNetwork network, List<String> nodes) throws IOException {
    List<String> all = network.nodes();
    List<String> parted =
        nodes.size() > 1
            ? nodes
            : List.of(nodes.getFirst(), all.get((all.indexOf(nodes.getFirst()) + 1) % all.size()));
    for (String from : parted) {
      for (String to : parted) {
        if (!from.equals(to)) {
          network.oneWay(from, to);
        }
      }
    }
  }

  private GroundHands() {}

  static Map<Fault, Hand> of(Ground ground) {
    Map<Fault, Hand> hands = new EnumMap<>(Fault.class);
    hands.put(Fault.POWER_CUT, new PowerCut(ground));
    hands.put(Fault.DISK_FULL, new Full(ground));
    hands.put(Fault.READ_ONLY, new ReadOnly(ground));
    hands.put(Fault.DISK_ERROR, new Calls(false));
    hands.put(Fault.DISK_SLOW, new Calls(true));
    hands.put(Fault.CLOCK, new Jump(ground));
    Network network = new Network(ground);
    hands.put(Fault.CUT, new Wire(network, each(NodeNetwork::cut)));
    hands.put(Fault.ISOLATE, new Wire(network, each(NodeNetwork::isolate)));
    hands.put(Fault.LOSS, new Wire(network, each((all, node) -> all.loss(node, LOSS_PERMILLE))));
    hands.put(Fault.DELAY, new Wire(network, each((all, node) -> all.delay(node, DELAY_MILLIS))));
    hands.put(
        Fault.ONE_WAY,
        new Wire(
            network,
            each(
                (all, node) -> {
                  for (String other : all.nodes()) {
                    if (!other.equals(node)) {
                      all.oneWay(node, other);
                    }
                  }
                })));
    hands.put(Fault.PART, new Wire(network, GroundHands::part));
    return hands;
  }

  private record Wire(Network network, Cable what) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws IOException {
      network.strike(what, nodes);
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws IOException {
      network.heal();
    }
  }

  private record PowerCut(Ground ground) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      // All disks first: machines on one fuse lose power together.
      for (NodeProcess node : nodes) {
        ground.disk(node.id()).powerCut();
      }
      for (NodeProcess node : nodes) {
        node.kill();
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        ground.disk(node.id()).revive();
        node.start();
      }
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.DISK, Ends.KILLED);
    }
  }

  private record Full(Ground ground) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws IOException {
      for (NodeProcess node : nodes) {
        ground.disk(node.id()).fill();
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws IOException {
      for (NodeProcess node : nodes) {
        ground.disk(node.id()).free();
      }
    }

    @Override
    public boolean mayEnd() {
      return true;
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.DISK);
    }
  }

  private record ReadOnly(Ground ground) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws IOException {
      for (NodeProcess node : nodes) {
        ground.disk(node.id()).readOnly();
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        node.kill();
        ground.disk(node.id()).revive();
        node.start();
      }
    }

    @Override
    public boolean mayEnd() {
      return true;
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.DISK);
    }
  }

  /** A fault of fdatasync and fsync: one error of each for each thread, or slowness. */
  private static final class Calls implements Hand {
    private static final String CALL = "fdatasync,fsync";
    private final boolean slow;
    private final Map<String, SyscallFault> traced = new HashMap<>();

    Calls(boolean slow) {
      this.slow = slow;
    }

    @Override
    public synchronized void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        traced.put(
            node.id(),
            slow
                ? SyscallFault.slow(node.pid(), CALL, SLOW)
                : SyscallFault.failing(node.pid(), CALL, "EIO", 1));
      }
    }

    @Override
    public synchronized void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        SyscallFault fault = traced.remove(node.id());
        if (fault != null) {
          fault.close();
        }
      }
    }

    @Override
    public boolean mayEnd() {
      return !slow;
    }

    @Override
    public Set<Integer> ends() {
      return slow ? Set.of() : Set.of(Ends.DISK);
    }
  }

  /** Odd nodes jump forward, even ones back. */
  private record Jump(Ground ground) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws IOException {
      for (NodeProcess node : nodes) {
        ground.clock(node.id()).jump(by(node));
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws IOException {
      for (NodeProcess node : nodes) {
        ground.clock(node.id()).jump(by(node).negated());
      }
    }

    private static Duration by(NodeProcess node) {
      int number = Integer.parseInt(node.id().substring(1));
      return number % 2 == 1 ? DAY : DAY.negated();
    }
  }
}
