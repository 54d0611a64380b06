package io.mailraft.node.heap;

import java.util.concurrent.Semaphore;

/** How much heap all that is being handed in may take together. */
public final class HeapBudget {
  /** What each share has without asking, in bytes: what usual mail needs. */
  public static final int FREE_BYTES = 4 << 10;

  /** What is handed out at a time, in bytes. */
  static final int PIECE_BYTES = 16 << 10;

  private static final int HEAP_PART = 8;

  private final Semaphore pieces;

  /**
   * @param bytes all of it
   */
  public HeapBudget(long bytes) {
    this.pieces = new Semaphore((int) Math.min(Integer.MAX_VALUE, bytes / PIECE_BYTES));
  }

  /** An eighth of the largest heap. */
  public static HeapBudget ofHeap() {
    return new HeapBudget(Runtime.getRuntime().maxMemory() / HEAP_PART);
  }

  /** A share that holds nothing yet. */
  public HeapShare share() {
    return new HeapShare(this);
  }

  boolean take(int count) {
    return pieces.tryAcquire(count);
  }

  void giveBack(int count) {
    pieces.release(count);
  }

  /** Bytes that nobody holds. */
  public long freeBytes() {
    return (long) pieces.availablePermits() * PIECE_BYTES;
  }
}
