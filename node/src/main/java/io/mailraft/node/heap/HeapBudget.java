package io.mailraft.node.heap;

import java.util.HashMap;
import java.util.Map;

/**
 * How much heap all that is being handed in may take together. A client, which is an account or
 * else an address, may have half of it.
 */
public final class HeapBudget {
  /** What each share has without asking, in bytes: what usual mail needs. */
  public static final int FREE_BYTES = 16 << 10;

  /** What is handed out at a time, in bytes. */
  static final int PIECE_BYTES = 16 << 10;

  private static final int HEAP_PART = 8;

  private final int ofClientMax;
  private final Map<String, Integer> ofClients = new HashMap<>();
  private int free;

  /**
   * @param bytes all of it
   */
  public HeapBudget(long bytes) {
    this.free = (int) Math.min(Integer.MAX_VALUE, bytes / PIECE_BYTES);
    this.ofClientMax = Math.ceilDiv(free, 2);
  }

  /** An eighth of the largest heap. */
  public static HeapBudget ofHeap() {
    return new HeapBudget(Runtime.getRuntime().maxMemory() / HEAP_PART);
  }

  /**
   * A share that holds nothing yet.
   *
   * @param client whose it is
   */
  public HeapShare share(String client) {
    return new HeapShare(this, client);
  }

  /** Whether one share may ever hold so many pieces. */
  boolean mayHold(int pieces) {
    return pieces <= ofClientMax;
  }

  synchronized boolean take(String client, int count) {
    int before = ofClients.getOrDefault(client, 0);
    if (count > free || before + count > ofClientMax) {
      return false;
    }
    free -= count;
    ofClients.put(client, before + count);
    return true;
  }

  synchronized void giveBack(String client, int count) {
    free += count;
    ofClients.computeIfPresent(client, (_, held) -> held == count ? null : held - count);
  }

  /** Bytes that nobody holds. */
  public synchronized long freeBytes() {
    return (long) free * PIECE_BYTES;
  }
}
