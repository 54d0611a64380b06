package io.mailraft.ops.torture;

import static java.util.stream.Collectors.toSet;

import io.mailraft.api.admin.GroupStatus;
import io.mailraft.api.admin.NodeStatus;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Watches who leads and who holds a lease. On a machine that is short of time a leader can change,
 * or a lease lapse, without a fault of ours; what was on its way then is in doubt as well.
 */
final class Terms {
  private static final long ROUND_MILLIS = 500;

  private final LocalCluster cluster;
  private final Harms harms;
  private final Map<String, Long> seen = new HashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("terms").unstarted(this::run);
  private long lastNanos = System.nanoTime();
  private int changes;

  Terms(LocalCluster cluster, Harms harms) {
    this.cluster = cluster;
    this.harms = harms;
  }

  void start() {
    thread.start();
  }

  /** New terms and new leases so far. */
  synchronized int changes() {
    return changes;
  }

  /**
   * Names of the nodes that lead a shard, as whoever is in its highest term knows them; empty where
   * no node answers.
   */
  Optional<Set<String>> shardLeaders() {
    Map<String, GroupStatus> newest = new HashMap<>();
    for (StatusResponse status : ask()) {
      for (GroupStatus group : status.getGroupsList()) {
        newest.merge(
            group.getName(), group, (one, two) -> two.getTerm() > one.getTerm() ? two : one);
      }
    }
    newest.remove("control");
    return newest.isEmpty()
        ? Optional.empty()
        : Optional.of(newest.values().stream().map(GroupStatus::getLeader).collect(toSet()));
  }

  private void run() {
    try {
      while (!stop.await(ROUND_MILLIS, TimeUnit.MILLISECONDS)) {
        look(ask());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What all nodes say that answer: one that is cut off knows old things alone. */
  private List<StatusResponse> ask() {
    List<Future<Optional<StatusResponse>>> asked;
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      asked =
          cluster.nodes().stream()
              .filter(NodeProcess::isRunning)
              .map(node -> each.submit(() -> ask(node)))
              .toList();
    }
    return asked.stream().flatMap(answer -> answer.resultNow().stream()).toList();
  }

  private Optional<StatusResponse> ask(NodeProcess node) {
    try {
      return Optional.of(cluster.status(node));
    } catch (UnreachableException e) {
      // It is starting, dying, or cut off: the next one is asked.
      return Optional.empty();
    }
  }

  private synchronized void look(List<StatusResponse> answers) {
    long now = System.nanoTime();
    answers.forEach(status -> look(status, now));
    if (!answers.isEmpty()) {
      lastNanos = now;
    }
  }

  private void look(StatusResponse status, long now) {
    for (GroupStatus group : status.getGroupsList()) {
      if (rises("term of " + group.getName(), group.getTerm())) {
        harms.seen(Set.of(), true, lastNanos, now);
      }
    }
    for (NodeStatus node : status.getNodesList()) {
      boolean lapsed = rises("lapses of " + node.getName(), node.getLive() ? 0 : node.getEpoch());
      if (rises("epoch of " + node.getName(), node.getEpoch()) || lapsed) {
        harms.seen(Set.of(node.getName()), false, lastNanos, now);
      }
    }
  }

  private boolean rises(String what, long value) {
    Long before = seen.get(what);
    if (before == null || value > before) {
      seen.put(what, value);
      changes += before == null ? 0 : 1;
      return before != null;
    }
    return false;
  }

  /** Watches no longer. */
  void stop() throws InterruptedException {
    stop.countDown();
    thread.join();
  }
}
