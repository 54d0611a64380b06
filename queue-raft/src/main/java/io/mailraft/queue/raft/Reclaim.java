package io.mailraft.queue.raft;

import io.mailraft.queue.store.StoreException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the files of a group's database few, and gives disk space back that a drained queue needs
 * no more, though too little is logged for a snapshot: where a full disk keeps mail out, nothing
 * else would.
 *
 * <p>Small files are merged each minute, so that those are few which a new snapshot links.
 *
 * <p>What was removed goes in three steps. Its removal must reach the disk, with a flush; then
 * tables of which much was removed are rewritten; and the newest snapshot, which shares files with
 * the database as it was, must give way to another one, if it holds much that the database does
 * not. The last step comes a minute after the others, or once they are done. Used by the upkeep
 * thread alone.
 */
final class Reclaim {
  /** Minutes from one round to the next; the flush comes a minute before the snapshot. */
  static final int MINUTES = 5;

  /** A snapshot is replaced if at least so much of it is of no use any more, in bytes... */
  static final long GAIN_BYTES_MIN = 64L << 20;

  /** ... and this part of it: each one makes a node that is away fetch the state. */
  private static final int GAIN_PART_MIN = 4;

  private static final Logger LOG = LoggerFactory.getLogger(Reclaim.class);

  private final String group;
  private final GroupStateMachine machine;
  private final Runnable snapshot;
  private int minutes;
  private long flushedIndex = -1;
  private long mergedIndex = -1;

  /** Held by whoever rewrites files. */
  private final Object files = new Object();

  private final AtomicInteger atWork = new AtomicInteger();
  private final AtomicBoolean letsGo = new AtomicBoolean();
  private boolean snapshotLooked = true;

  /**
   * @param snapshot asks for a snapshot where one may be taken
   */
  Reclaim(String group, GroupStateMachine machine, Runnable snapshot) {
    this.group = group;
    this.machine = machine;
    this.snapshot = snapshot;
  }

  /** A minute has passed. */
  void minutePassed() {
    GroupStorage storage = machine.getStateMachineStorage();
    try {
      storage.dropOlder();
    } catch (IOException e) {
      LOG.warn("an older snapshot of the group {} cannot be removed: {}", group, e.toString());
    }
    minutes = (minutes + 1) % MINUTES;
    long applied = machine.progress().applied().index();
    if (minutes == MINUTES - 1 && applied > flushedIndex && letsGo.compareAndSet(false, true)) {
      flushedIndex = applied;
      start(this::letGo);
    } else {
      snapshotLooked &= minutes != 0;
      lookAtSnapshot(storage);
      if (applied > mergedIndex && atWork.get() == 0) {
        mergedIndex = applied;
        start(() -> machine.database().merge());
      }
    }
  }

  /** Upkeep must not wait for the disk, and a virtual thread would hold on to its carrier. */
  private void start(Runnable work) {
    atWork.incrementAndGet();
    Thread.ofPlatform().daemon().name("reclaim-" + group).start(() -> run(work));
  }

  private void run(Runnable work) {
    synchronized (files) {
      try {
        work.run();
      } catch (StoreException e) {
        // Whoever must hear of a disk that fails has heard it from the database.
        LOG.debug("the files of the group {} stay as they are", group, e);
      } finally {
        atWork.decrementAndGet();
      }
    }
  }

  /** Looks once for each round, and not before a sweep has ended. */
  private void lookAtSnapshot(GroupStorage storage) {
    if (!snapshotLooked && atWork.get() == 0) {
      snapshotLooked = true;
      long snapshotBytes = storage.snapshotBytes();
      long gain = snapshotBytes - machine.database().fileBytes();
      if (gain >= Math.max(GAIN_BYTES_MIN, snapshotBytes / GAIN_PART_MIN)) {
        LOG.info("a snapshot of the group {} is due that lets {} bytes go", group, gain);
        snapshot.run();
      }
    }
  }

  private void letGo() {
    try {
      machine.database().flush();
      machine.database().merge();
      machine.database().sweep();
    } finally {
      letsGo.set(false);
    }
  }
}
