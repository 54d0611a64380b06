package io.mailraft.queue.control;

import io.mailraft.api.log.LeaseRef;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one node may do while assignments change: of everything the least that any of them gives it,
 * from the last that all live nodes obey to the newest. So what one node is to have more of,
 * another one has given up before, or has lost its lease.
 *
 * <p>A node says with its renewals up to which log index it obeys. Nothing of this is in rows:
 * after a start everybody says it anew, within one renewal.
 */
final class Handoff {
  private final String self;
  private final Deque<Step> steps = new ArrayDeque<>();
  private final Map<LeaseRef, Long> obeyed = new HashMap<>();
  private Set<LeaseRef> others = Set.of();

  private record Step(long index, Assignments assignments) {}

  /**
   * @param self name of this node
   */
  Handoff(String self) {
    this.self = self;
    steps.add(new Step(-1, Assignments.NONE));
  }

  /** Something new was agreed on. */
  synchronized void agreed(ControlView view, Assignments next) {
    steps.add(new Step(view.index(), next));
    Set<LeaseRef> live = new HashSet<>();
    for (NodeEntry node : view.nodes().values()) {
      if (node.live() && !node.name().equals(self)) {
        live.add(LeaseRef.newBuilder().setNode(node.number()).setEpoch(node.epoch()).build());
      }
    }
    others = live;
    obeyed.keySet().retainAll(live);
    settle();
  }

  /**
   * Another node obeys what was agreed on up to an index.
   *
   * @return whether this node may do more now
   */
  synchronized boolean obeyed(LeaseRef lease, long index) {
    if (others.contains(lease)) {
      obeyed.merge(lease, index, Math::max);
    }
    return settle();
  }

  private boolean settle() {
    long all = Long.MAX_VALUE;
    for (LeaseRef other : others) {
      all = Math.min(all, obeyed.getOrDefault(other, -1L));
    }
    // Up to the newest that all obey, what came before does not count any more.
    int drop = -1;
    int i = 0;
    for (Step step : steps) {
      if (step.index() <= all) {
        drop = i;
      }
      i++;
    }
    for (int k = 0; k < drop; k++) {
      steps.removeFirst();
    }
    return drop > 0;
  }

  /** Whether this node waits for others to give something up. */
  synchronized boolean waits() {
    return steps.size() > 1;
  }

  /** Connections of a zone. */
  synchronized int connections(String zone) {
    int least = Integer.MAX_VALUE;
    for (Step step : steps) {
      Optional<Assignments.Share> share = step.assignments().share(zone, self);
      least = Math.min(least, share.map(Assignments.Share::connections).orElse(0));
    }
    return least;
  }

  /** Part of a connection limit. */
  synchronized int part(String counter, int limit) {
    int least = limit;
    for (Step step : steps) {
      least = Math.min(least, step.assignments().part(counter, limit, self));
    }
    return least;
  }

  /** The newest assignments. */
  synchronized Assignments newest() {
    return steps.getLast().assignments();
  }
}
