package io.mailraft.queue.raft;

import java.util.function.LongPredicate;

/**
 * When a replica's next snapshot is due: by what was logged since the last one. Used by the apply
 * thread; {@link #answered} by any.
 */
final class SnapshotSchedule {
  /** One that is put off is asked for again after such a part of what makes one due. */
  private static final int PUT_OFF_PARTS = 8;

  private final long everyBytes;
  private long sinceBytes;
  private long dueBytes;
  private volatile boolean requested;

  SnapshotSchedule(long everyBytes) {
    this.everyBytes = everyBytes;
    this.dueBytes = everyBytes;
  }

  /** A snapshot was taken, or another state is there. */
  void restart() {
    sinceBytes = 0;
    dueBytes = everyBytes;
  }

  /**
   * Entries of so many bytes were applied.
   *
   * @param request asks for a snapshot, unless one was asked for and not answered; told the bytes
   *     that were logged since the last; says false where it is put off
   */
  void logged(long bytes, LongPredicate request) {
    sinceBytes += bytes;
    if (sinceBytes < dueBytes || requested) {
      return;
    }
    requested = true;
    if (!request.test(sinceBytes)) {
      dueBytes = sinceBytes + everyBytes / PUT_OFF_PARTS;
      requested = false;
    }
  }

  /** The snapshot that was asked for was taken or refused; the next one may be asked for. */
  void answered() {
    requested = false;
  }
}
