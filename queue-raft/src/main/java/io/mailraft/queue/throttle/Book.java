package io.mailraft.queue.throttle;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/** What a node knows of one counter. Guarded by the lock of its {@link SendBook}. */
final class Book {
  private static final long USE_NANOS = 1_000_000_000;

  final String counter;
  final Set<SendBook.Waiter> waiters = new HashSet<>(2);

  /** Number of the last question; its answer has not come while this is true. */
  long question;

  boolean unanswered;
  long askedAt;
  boolean asked;

  /** Whether a look at it is due some time. */
  boolean timed;

  private final ArrayDeque<Block> blocks = new ArrayDeque<>(2);
  private long usedFrom;
  private int usedNow;
  private int usedBefore;

  Book(String counter, long now) {
    this.counter = counter;
    this.usedFrom = now;
  }

  void add(Block block) {
    blocks.add(block);
  }

  /** Sends that may start now. */
  int usable(long now) {
    int usable = 0;
    for (Block block : blocks) {
      block.expire(now);
      usable += block.usable(now);
    }
    while (!blocks.isEmpty() && blocks.element().count() == 0) {
      blocks.remove();
    }
    return usable;
  }

  /** Uses so many of the usable slots, the oldest first. */
  void use(int sends, long now) {
    int left = sends;
    for (Block block : blocks) {
      int some = Math.min(left, block.usable(now));
      block.drop(some);
      left -= some;
    }
    roll(now);
    usedNow += sends;
  }

  private void roll(long now) {
    if (now - usedFrom >= USE_NANOS) {
      usedBefore = now - usedFrom >= 2 * USE_NANOS ? 0 : usedNow;
      usedNow = 0;
      usedFrom = now;
    }
  }

  /** Slots that were given and are left, due or not. */
  int left(long now) {
    int left = 0;
    for (Block block : blocks) {
      block.expire(now);
      left += block.count();
    }
    return left;
  }

  /**
   * Own time from which {@link #usable} is more than 0; the greatest long where nothing is left.
   */
  long usableAt(long now) {
    long at = Long.MAX_VALUE;
    for (Block block : blocks) {
      block.expire(now);
      if (block.count() > 0) {
        at = Math.min(at, block.usableAt());
      }
    }
    return at;
  }

  /** How many sends are worth having: what waits, or what goes out in a second. */
  int wanted(long now) {
    roll(now);
    int waiting = 0;
    for (SendBook.Waiter waiter : waiters) {
      waiting += waiter.sends();
    }
    int flow = Math.max(usedNow, usedBefore);
    return Math.max(waiting, flow + flow / 4);
  }

  boolean idle(long now) {
    return waiters.isEmpty() && now - usedFrom > 60 * USE_NANOS && left(now) == 0;
  }
}
