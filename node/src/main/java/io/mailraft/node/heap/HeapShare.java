package io.mailraft.node.heap;

/** What one message or request holds of a {@link HeapBudget}, until it is closed. */
public final class HeapShare implements AutoCloseable {
  private final HeapBudget budget;
  private long held;
  private int pieces;

  HeapShare(HeapBudget budget) {
    this.budget = budget;
  }

  /**
   * Takes so much more, in bytes, if it is there at once.
   *
   * @return whether it was; the share holds what it held before where it was not
   */
  public boolean take(long bytes) {
    long wanted = held + bytes;
    long beyond = Math.max(0, wanted - HeapBudget.FREE_BYTES);
    int more = Math.toIntExact(Math.ceilDiv(beyond, HeapBudget.PIECE_BYTES)) - pieces;
    if (more > 0) {
      if (!budget.take(more)) {
        return false;
      }
      pieces += more;
    }
    held = wanted;
    return true;
  }

  /** Gives all of it back. Holds nothing afterwards, and may take again. */
  @Override
  public void close() {
    budget.giveBack(pieces);
    pieces = 0;
    held = 0;
  }
}
