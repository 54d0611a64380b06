package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    hands.put(Fault.SINK_BUSY, new Busy(sink));
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

  private record Stop() implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) throws Exception {
      stop(nodes);
    }

    @Override
    public void heal(List<NodeProcess> nodes) throws Exception {
      for (NodeProcess node : nodes) {
        node.start();
      }
    }
  }

  /**
   * Stops nodes by SIGTERM, all at the same time.
   *
   * @throws IllegalStateException if one ends otherwise than in order
   * @throws TimeoutException if one does not end in time
   */
  static void stop(List<NodeProcess> nodes) throws Exception {
    Map<NodeProcess, Future<Integer>> codes = new LinkedHashMap<>();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (NodeProcess node : nodes) {
        codes.put(node, each.submit(() -> node.stop(STOP_MAX)));
      }
      for (Map.Entry<NodeProcess, Future<Integer>> ended : codes.entrySet()) {
        int code = code(ended.getValue());
        if (code != 0) {
          throw new IllegalStateException(
              ended.getKey().id()
                  + " ended with "
                  + code
                  + " after SIGTERM; see "
                  + ended.getKey().errorLog());
        }
      }
    }
  }

  private static int code(Future<Integer> ended) throws Exception {
    try {
      return ended.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private record Busy(FickleSink sink) implements Hand {
    @Override
    public void strike(Blow blow, List<NodeProcess> nodes) {
      sink.busy(true);
    }

    @Override
    public void heal(List<NodeProcess> nodes) {
      sink.busy(false);
    }
  }
}
