package io.mailraft.ops.torture;

import java.time.Duration;
import java.util.ArrayList;
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
    private final long beginNanos;
    private long endNanos = Long.MAX_VALUE;

    private Harm(Set<String> nodes, boolean path, long beginNanos) {
      this.nodes = Set.copyOf(nodes);
      this.path = path;
      this.beginNanos = beginNanos;
    }

    private boolean covers(String node, long nanos) {
      return (path || nodes.contains(node))
          && nanos >= beginNanos - BEFORE.toNanos()
          && (endNanos == Long.MAX_VALUE || nanos <= endNanos + AFTER.toNanos());
    }
  }

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
   */
  synchronized Harm begin(Set<String> nodes, boolean path) {
    Harm harm = new Harm(nodes, path, System.nanoTime());
    harms.add(harm);
    return harm;
  }

  /** Notes that the cluster has recovered from it. */
  synchronized void end(Harm harm) {
    harm.endNanos = System.nanoTime();
  }

  /** Notes a harm that was seen afterwards, such as a new term; for the rest see {@link #begin}. */
  synchronized void seen(Set<String> nodes, boolean path, long beginNanos, long endNanos) {
    Harm harm = new Harm(nodes, path, beginNanos);
    harm.endNanos = endNanos;
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
