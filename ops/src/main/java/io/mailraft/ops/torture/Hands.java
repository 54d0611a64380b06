package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** How each fault is done to a cluster of processes. */
final class Hands {
  /** An orderly stop takes less than ten seconds; the rest is for a machine that is busy. */
  private static final Duration STOP_MAX = Duration.ofSeconds(20);

  private Hands() {}

  /**
   * The hands for all faults; those of the ground work where it has what they need.
   *
   * @param told hears what they did beside what the plan says
   */
  static Map<Fault, Hand> of(FickleSink sink, Harms harms, Ground ground, Consumer<String> told) {
    Map<Fault, Hand> hands = new EnumMap<>(GroundHands.of(ground));
    hands.put(Fault.KILL, new Kill());
    hands.put(Fault.FREEZE, new Freeze(harms));
    hands.put(Fault.STOP, new Stop());
    hands.put(Fault.SINK_BUSY, new Switch(sink::busy));
    hands.put(Fault.SINK_SLOW, new Switch(sink::slow));
    hands.put(Fault.WIPE, new DataHands.Wipe());
    hands.put(Fault.CORRUPT, new DataHands.Corrupt(told));
    return hands;
  }

  private record Kill() implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws InterruptedException {
      for (NodeProcess node : nodes) {
        node.kill();
      }
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.KILLED);
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
    public synchronized void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        if (!node.isAlive()) {
          continue; // It ended since it was looked at.
        }
        since.put(node.id(), System.nanoTime());
        node.pause();
      }
    }

    @Override
    public synchronized void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        if (!node.isAlive()) {
          continue; // It ended by itself before it was frozen: a finding already.
        }
        node.resume();
        long began = since.getOrDefault(node.id(), System.nanoTime());
        harms.frozen(node.id(), began, System.nanoTime());
      }
    }
  }

  private record Stop() implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      stop(nodes);
    }

    @Override
    public Set<Integer> ends() {
      return Set.of(Ends.IN_ORDER);
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        node.start();
      }
    }
  }

  /**
   * Stops nodes by SIGTERM, all at the same time. One that does not end in time is killed: how they
   * ended is for {@link Ends} to look at.
   */
  static void stop(List<NodeProcess> nodes) throws Exception {
    List<Future<Boolean>> all = new ArrayList<>();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (NodeProcess node : nodes) {
        all.add(each.submit(() -> stopped(node)));
      }
      for (Future<Boolean> one : all) {
        try {
          one.get();
        } catch (ExecutionException e) {
          throw e.getCause() instanceof Exception cause ? cause : e;
        }
      }
    }
  }

  private static boolean stopped(NodeProcess node) throws InterruptedException {
    try {
      node.stop(STOP_MAX);
      return true;
    } catch (TimeoutException e) {
      return false; // It was killed, which its exit code says.
    }
  }

  @FunctionalInterface
  private interface OnOff {
    void turn(boolean on);
  }

  /** What strikes no node. */
  private record Switch(OnOff what) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) {
      what.turn(true);
    }

    @Override
    public void heal(List<NodeProcess> nodes) {
      what.turn(false);
    }
  }
}
