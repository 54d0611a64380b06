package io.mailraft.queue;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The heap that all uploads of a node may use together (I9).
 *
 * <p>An upload that has nothing waits for its first piece; one that has some never waits for more
 * while it keeps what it has, but stores it as a chunk first. So uploads cannot wait for each other
 * in a circle.
 */
final class UploadMemory {
  /** What is handed out at a time, in bytes. */
  static final int PIECE_BYTES = 16 << 10;

  private final Semaphore pieces;

  UploadMemory(long bytes) {
    this.pieces =
        new Semaphore((int) Math.min(Integer.MAX_VALUE, Math.max(64, bytes / PIECE_BYTES)));
  }

  /** Waits for one piece; false where none came in time. The caller must hold none. */
  boolean first(Duration timeout) throws InterruptedException {
    return pieces.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Pieces that nobody holds. */
  int free() {
    return pieces.availablePermits();
  }

  /** Takes more pieces, if they are there at once. */
  boolean more(int count) {
    return pieces.tryAcquire(count);
  }

  void giveBack(int count) {
    pieces.release(count);
  }
}
