package io.mailraft.queue.raft;

import java.util.function.LongPredicate;

/**
 * When a replica's next snapshot is due: by what was logged since the last one. {@link #logged} is
 * for the apply thread, the others for any.
 */
final class SnapshotSchedule {
  /**
   * Entries that make a snapshot due, however small they are: Ratis keeps a few hundred bytes of
   * heap for each one that the log still holds.
   */
  static final int ENTRIES_MAX = 100_000;

  /** One that is put off is asked for again after such a part of what makes one due. */
  private static final int PUT_OFF_PARTS = 8;

  private final long everyBytes;
  private final long leastBytes;
  private long sinceBytes;
  private long dueBytes;
  private boolean requested;

  SnapshotSchedule(long everyBytes) {
    this.everyBytes = everyBytes;
    this.leastBytes = everyBytes / ENTRIES_MAX;
    this.dueBytes = everyBytes;
  }

  /** A snapshot was taken, or another state is there. */
  synchronized void restart() {
    sinceBytes = 0;
    dueBytes = everyBytes;
  }

  /**
   * An entry was applied.
   *
   * @param bytes of the entry; it counts as a {@value #ENTRIES_MAX}th of what makes a snapshot due
   *     at least
   * @param request asks for a snapshot, unless one was asked for and not answered; told the bytes
   *     that count since the last; says false where it is put off
   */
  synchronized void logged(long bytes, LongPredicate request) {
    sinceBytes += Math.max(bytes, leastBytes);
    if (sinceBytes < dueBytes || !begin()) {
      return;
    }
    if (!request.test(sinceBytes)) {
      dueBytes = sinceBytes + everyBytes / PUT_OFF_PARTS;
      requested = false;
    }
  }

  /** Whoever wants to ask for a snapshot for another reason may; not if one was asked for. */
  synchronized boolean begin() {
    boolean free = !requested;
    requested = true;
    return free;
  }

  /** The snapshot that was asked for was taken or refused; the next one may be asked for. */
  synchronized void answered() {
    requested = false;
  }
}
