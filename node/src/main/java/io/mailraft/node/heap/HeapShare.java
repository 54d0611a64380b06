package io.mailraft.node.heap;

/** What one message or request holds of a {@link HeapBudget}, until it is closed. */
public final class HeapShare implements AutoCloseable {
  private final HeapBudget budget;
  private final String client;
  private long held;
  private int pieces;

  /** What became of a wish for more. */
  public enum Taking {
    /** It is there. */
    TAKEN,
    /** It is not there for now: others have it, or the client with what else it sends. */
    NOT_NOW,
    /** It is more than one client may ever have. */
    NEVER
  }

  HeapShare(HeapBudget budget, String client) {
    this.budget = budget;
    this.client = client;
  }

  /** Takes so much more, in bytes; where it is not there, it holds what it held before. */
  public Taking take(long bytes) {
    long wanted = held + bytes;
    long beyond = Math.max(0, wanted - HeapBudget.FREE_BYTES);
    int all = Math.toIntExact(Math.ceilDiv(beyond, HeapBudget.PIECE_BYTES));
    if (all > pieces) {
      if (!budget.mayHold(all)) {
        return Taking.NEVER;
      }
      if (!budget.take(client, all - pieces)) {
        return Taking.NOT_NOW;
      }
      pieces = all;
    }
    held = wanted;
    return Taking.TAKEN;
  }

  /** Gives all of it back. Holds nothing afterwards, and may take again. */
  @Override
  public void close() {
    if (pieces > 0) {
      budget.giveBack(client, pieces);
    }
    pieces = 0;
    held = 0;
  }
}
