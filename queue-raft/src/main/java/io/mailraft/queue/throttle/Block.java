package io.mailraft.queue.throttle;

import io.mailraft.api.log.SendGrant;

/**
 * Slots that this node was given, and what it knows of the throttle clock by them: the decision was
 * made after the node had asked and before it heard. Guarded by its book's lock.
 */
final class Block {
  /** Part of a slot's lateness that is left for the way from the decision to start to the wire. */
  private static final long MARGIN_NANOS_MAX = 50_000_000;

  private final long spacing;
  private final long lateness;

  /** Clock minus own time: by the later bound of the decision, at least this much. */
  private final long least;

  /** By the earlier bound, at most this much. */
  private final long most;

  private long first;
  private int count;

  /**
   * @param clockNanos the clock at the decision
   * @param askedNanos own time before the question; the decision came later than this by what the
   *     question waited at the leader, at least
   * @param heardNanos own time after the decision
   */
  Block(SendGrant grant, long clockNanos, long askedNanos, long heardNanos) {
    this.spacing = grant.getSpacingNanos();
    long whole = grant.getLatenessNanos();
    this.lateness = whole - Math.min(whole / 5, MARGIN_NANOS_MAX);
    this.least = clockNanos - heardNanos;
    this.most = clockNanos - askedNanos - grant.getWaitedNanos();
    this.first = grant.getFirstNanos();
    this.count = grant.getCount();
  }

  /** Drops the slots that are too old. */
  void expire(long now) {
    long oldest = now + most - lateness;
    if (count > 0 && first < oldest) {
      long gone = Math.min(count, Math.ceilDiv(oldest - first, spacing));
      drop((int) gone);
    }
  }

  /** Slots that may be used now, after {@link #expire}. */
  int usable(long now) {
    long newest = now + least;
    return newest < first ? 0 : (int) Math.min(count, (newest - first) / spacing + 1);
  }

  /** Takes the oldest slots. */
  void drop(int slots) {
    first += slots * spacing;
    count -= slots;
  }

  /** For how long after its time a slot may be used here. */
  long lateness() {
    return lateness;
  }

  /** Slots left. */
  int count() {
    return count;
  }

  /** Own time at which the first slot may be used. */
  long usableAt() {
    return first - least;
  }
}
