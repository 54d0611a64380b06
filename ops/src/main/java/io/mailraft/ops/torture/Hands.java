package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How each fault is done to a cluster of processes. */
final class Hands {
  private static final Duration STOP_MAX = Duration.ofSeconds(30);

  private Hands() {}

  /** The hands for all faults; those of the ground work where it has what they need. */
  static Map<Fault, Hand> of(LocalCluster cluster, FickleSink sink, Harms harms, Ground ground) {
    Map<Fault, Hand> hands = new EnumMap<>(GroundHands.of(ground));
    hands.put(Fault.KILL, new Kill());
    hands.put(Fault.FREEZE, new Freeze(harms));
    hands.put(Fault.STOP, new Stop(cluster));
    hands.put(Fault.SINK_BUSY, new Busy(sink));
    return hands;
  }

  private record Kill() implements Hand {
    @Override
    public void strike(List<NodeProcess> nodes) throws InterruptedException {
      for (NodeProcess node : nodes) {
        node.kill();
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        node.start();
      }
    }
  }

  private static final class Freeze implements Hand {
    private final Harms harms;
    private final Map<String, Long> since = new HashMap<>();

    Freeze(Harms harms) {
      this.harms = harms;
    }

    @Override
    public synchronized void strike(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        since.put(node.id(), System.nanoTime());
        node.pause();
      }
    }

    @Override
    public synchronized void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        node.resume();
        long began = since.getOrDefault(node.id(), System.nanoTime());
        harms.frozen(node.id(), began, System.nanoTime());
      }
    }
  }

  private record Stop(LocalCluster cluster) implements Hand {
    @Override
    public void strike(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        int code = node.stop(STOP_MAX);
        if (code != 0) {
          throw new IllegalStateException(
              node.id() + " ended with " + code + " after SIGTERM; see " + node.errorLog());
        }
        node.start();
        cluster.awaitReady(node, Recovery.BOUND);
      }
    }

    @Override
    public void heal(List<NodeProcess> nodes) {
      // Every node runs again already.
    }
  }

  private record Busy(FickleSink sink) implements Hand {
    @Override
    public void strike(List<NodeProcess> nodes) {
      sink.busy(true);
    }

    @Override
    public void heal(List<NodeProcess> nodes) {
      sink.busy(false);
    }
  }
}
