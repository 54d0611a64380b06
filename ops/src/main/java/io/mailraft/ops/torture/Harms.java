package io.mailraft.ops.torture;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * When which node, or the path to the shards, was harmed. An attempt that ended near such a time is
 * in doubt: its outcome may not have been committed (I6).
 *
 * <p>Times are those of {@link System#nanoTime}.
 */
final class Harms {
  /** The time in which an outcome may still be on its way to the commit when harm begins. */
  static final Duration BEFORE = Duration.ofSeconds(5);

  /** The same where the node is gone at once: what was on its way then was not held up before. */
  static final Duration BEFORE_ENDS = Duration.ofSeconds(2);

  /** The same after all is well again: nodes attach to the leader, claims come back. */
  static final Duration AFTER = Duration.ofSeconds(4);

  /** How long a node that was let go may still write what it had begun to write. */
  private static final Duration LATE = Duration.ofSeconds(1);

  /**
   * Attempts that may have passed their last look at the lease in the moment in which the node was
   * frozen: one for each event loop of a small machine, and what lies in socket buffers.
   */
  private static final int LATE_ATTEMPTS_MAX = 4;

  /** One harm, from its begin to the recovery from it. */
  static final class Harm {
    private final Set<String> nodes;
    private final boolean path;

    /** From when on ends are in doubt. */
    private final long fromNanos;

    /** Until when they are, or {@link #LASTING}. */
    private long untilNanos = LASTING;

    private Harm(Set<String> nodes, boolean path, long fromNanos) {
      this.nodes = Set.copyOf(nodes);
      this.path = path;
      this.fromNanos = fromNanos;
    }

    private boolean covers(String node, long nanos) {
      return (path || nodes.contains(node))
          && nanos >= fromNanos
          && (untilNanos == LASTING || nanos <= untilNanos);
    }

    private boolean concerns(String node) {
      return path || nodes.contains(node);
    }
  }

  private static final long LASTING = Long.MAX_VALUE;

  private static final class Thaw {
    private final String node;
    private final long frozenNanos;
    private final long thawedNanos;
    private int attempts;

    private Thaw(String node, long frozenNanos, long thawedNanos) {
      this.node = node;
      this.frozenNanos = frozenNanos;
      this.thawedNanos = thawedNanos;
    }
  }

  private final List<Harm> harms = new ArrayList<>();
  private final List<Thaw> thaws = new ArrayList<>();

  /**
   * Notes that harm begins.
   *
   * @param nodes names of the nodes whose attempts are in doubt
   * @param path whether those of all nodes are, since a shard's leader or majority is struck
   * @param ends whether the nodes are gone at once
   */
  synchronized Harm begin(Set<String> nodes, boolean path, boolean ends) {
    Duration before = ends ? BEFORE_ENDS : BEFORE;
    Harm harm = new Harm(nodes, path, System.nanoTime() - before.toNanos());
    harms.add(harm);
    return harm;
  }

  /** Notes that the cluster has recovered from it. */
  synchronized void end(Harm harm) {
    harm.untilNanos = System.nanoTime() + AFTER.toNanos();
  }

  /** Notes a harm that was seen afterwards, such as a new term; for the rest see {@link #begin}. */
  synchronized void seen(Set<String> nodes, boolean path, long beginNanos, long endNanos) {
    Harm harm = new Harm(nodes, path, beginNanos - BEFORE.toNanos());
    harm.untilNanos = endNanos + AFTER.toNanos();
    harms.add(harm);
  }

  /** Notes that a node was frozen from one time to another. */
  synchronized void frozen(String node, long frozenNanos, long thawedNanos) {
    thaws.add(new Thaw(node, frozenNanos, thawedNanos));
  }

  /** Whether what the node did at that time is in doubt. */
  synchronized boolean covers(String node, long nanos) {
    return harms.stream().anyMatch(harm -> harm.covers(node, nanos));
  }

  /**
   * The share of a time in which the end of a delivery could excuse a further one: the mean of all
   * nodes.
   */
  synchronized double share(Collection<String> nodes, long fromNanos, long untilNanos) {
    return nodes.stream()
        .mapToDouble(node -> covered(node, fromNanos, untilNanos))
        .map(covered -> covered / (untilNanos - fromNanos))
        .average()
        .orElse(0);
  }

  private long covered(String node, long fromNanos, long untilNanos) {
    List<Harm> sorted =
        harms.stream()
            .filter(harm -> harm.concerns(node))
            .sorted(Comparator.comparingLong(harm -> harm.fromNanos))
            .toList();
    long covered = 0;
    long reached = fromNanos;
    for (Harm harm : sorted) {
      long from = Math.max(reached, harm.fromNanos);
      long until = Math.min(untilNanos, harm.untilNanos);
      if (until > from) {
        covered += until - from;
        reached = until;
      }
    }
    return covered;
  }

  /** How many late attempts were excused so far. */
  synchronized int late() {
    return thaws.stream().mapToInt(thaw -> thaw.attempts).sum();
  }

  /**
   * Whether an attempt came late because its node was frozen after its last look at the lease. Such
   * an attempt is counted: there cannot be many.
   */
  synchronized boolean late(String node, long nanos) {
    for (Thaw thaw : thaws) {
      if (thaw.node.equals(node)
          && nanos >= thaw.frozenNanos
          && nanos <= thaw.thawedNanos + LATE.toNanos()
          && thaw.attempts < LATE_ATTEMPTS_MAX) {
        thaw.attempts++;
        return true;
      }
    }
    return false;
  }
}
