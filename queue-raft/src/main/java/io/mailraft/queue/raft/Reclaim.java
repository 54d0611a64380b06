package io.mailraft.queue.raft;

import io.mailraft.queue.store.StoreException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives disk space back that a drained queue needs no more, though too little is logged for a
 * snapshot: where a full disk keeps mail out, nothing else would.
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
  private final AtomicBoolean atWork = new AtomicBoolean();
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
    if (minutes == MINUTES - 1 && applied > flushedIndex && atWork.compareAndSet(false, true)) {
      flushedIndex = applied;
      // Upkeep must not wait for the disk, and a virtual thread would hold on to its carrier.
      Thread.ofPlatform().daemon().name("reclaim-" + group).start(this::letGo);
    } else {
      snapshotLooked &= minutes != 0;
      lookAtSnapshot(storage);
    }
  }

  /** Looks once for each round, and not before a sweep has ended. */
  private void lookAtSnapshot(GroupStorage storage) {
    if (!snapshotLooked && !atWork.get()) {
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
      machine.database().sweep();
    } catch (StoreException e) {
      // Whoever must hear of a disk that fails has heard it from the database.
      LOG.debug("the space of the group {} was not given back", group, e);
    } finally {
      atWork.set(false);
    }
  }
}
