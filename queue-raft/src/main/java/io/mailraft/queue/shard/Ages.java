package io.mailraft.queue.shard;

import io.mailraft.queue.store.ClosedException;
import io.mailraft.queue.store.Store;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How old the oldest waiting delivery of each zone is: one that is queued, claimed or deferred.
 * Held ones are not counted, since somebody wants them to wait; nor are those whose message is to
 * be sent later, until its time has come.
 *
 * <p>What waits at the start is counted beside the apply thread, in a frozen state, so that a start
 * takes no longer for a deep queue. Changes since then are collected as numbers that may be
 * negative; with those of the frozen state they are the state as applied, and only then something
 * is told. Nothing but metrics depends on it, so a count that fails is logged and the replica goes
 * on.
 *
 * <p>Written by the apply thread and by the one that counts, read by any. The thread that counts
 * ends when it is done, when another count begins, and when the database is closed, which closes
 * the frozen state with it.
 */
final class Ages {
  private static final Logger LOG = LoggerFactory.getLogger(Ages.class);

  private final String name;
  private final Executor counters;
  private ZoneAges waiting = new ZoneAges();
  private @Nullable AgeCount counting;
  private boolean known;

  Ages(int shard) {
    this(shard, work -> start("ages-shard-" + shard, work));
  }

  /**
   * The same.
   *
   * @param counters runs a count, beside the caller
   */
  Ages(int shard, Executor counters) {
    this.name = "shard-" + shard;
    this.counters = counters;
  }

  private static void start(String name, Runnable work) {
    Thread.ofPlatform().daemon().name(name).start(work);
  }

  /** Forgets what it holds and begins to count a store's state as it is. */
  void load(Store store) {
    Store.Frozen state = store.freeze();
    AgeCount count = new AgeCount(state);
    begin(count);
    counters.execute(() -> count(count, state));
  }

  private synchronized void begin(AgeCount count) {
    if (counting != null) {
      counting.giveUp();
    }
    counting = count;
    known = false;
    waiting = new ZoneAges();
  }

  private void count(AgeCount count, Store.Frozen state) {
    try (state) {
      count.read().ifPresent(counted -> end(count, counted));
    } catch (ClosedException e) {
      LOG.debug("{} was closed before its deliveries were counted by age", name, e);
    } catch (RuntimeException e) {
      LOG.error(
          "the deliveries of {} cannot be counted by age; this node tells no age of the oldest"
              + " delivery until it is started again",
          name,
          e);
    }
  }

  private synchronized void end(AgeCount count, ZoneAges counted) {
    if (count == counting) {
      counted.addAll(waiting);
      waiting = counted;
      counting = null;
      known = true;
    }
  }

  /** A delivery that counts since then begins to wait, or one (-1) does no longer. */
  synchronized void add(String zone, long sinceMillis, long change) {
    waiting.add(zone, sinceMillis, change);
  }

  /**
   * By zone, since when its oldest waiting delivery waits, in Unix millis; empty as long as it has
   * not been counted.
   */
  synchronized Optional<Map<String, Long>> oldest() {
    return known ? Optional.of(waiting.oldest()) : Optional.empty();
  }
}
