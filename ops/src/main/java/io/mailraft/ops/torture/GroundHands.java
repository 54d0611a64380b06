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
      for (NodeProcess node : nodes) {
        what.harm(ground.network(), node.id());
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
    void harm(NodeNetwork network, String node) throws IOException;
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
    hands.put(Fault.CUT, new Wire(network, NodeNetwork::cut));
    hands.put(Fault.ISOLATE, new Wire(network, NodeNetwork::isolate));
    hands.put(Fault.LOSS, new Wire(network, (all, node) -> all.loss(node, LOSS_PERMILLE)));
    hands.put(Fault.DELAY, new Wire(network, (all, node) -> all.delay(node, DELAY_MILLIS)));
    hands.put(
        Fault.ONE_WAY,
        new Wire(
            network,
            (all, node) -> {
              for (String other : all.nodes()) {
                if (!other.equals(node)) {
                  all.oneWay(node, other);
                }
              }
            }));
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
