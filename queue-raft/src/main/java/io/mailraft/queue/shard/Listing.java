package io.mailraft.queue.shard;

import io.mailraft.api.stored.StoredDelivery;
import java.util.ArrayList;
import java.util.List;

/** One page of a list of deliveries while it is being filled. Belongs to one thread. */
public final class Listing {
  private final int limit;
  private final List<Row> rows = new ArrayList<>();
  private long skip;

  /**
   * A delivery on the page, and where the list goes on behind it.
   *
   * @param id its message and number
   * @param delivery the delivery as stored
   * @param claimed whether a node has it in hand
   * @param next where a page that follows begins, for the same call of {@link ShardRows}
   */
  @SuppressWarnings("ArrayRecordComponent") // The key is handed back as it came, never compared.
  public record Row(DeliveryId id, StoredDelivery delivery, boolean claimed, byte[] next) {}

  /**
   * An empty page.
   *
   * @param skip rows to pass over before the first one
   * @param limit most rows, at least 1
   */
  public Listing(long skip, int limit) {
    this.skip = skip;
    this.limit = limit;
  }

  /** Rows so far. */
  public List<Row> rows() {
    return rows;
  }

  /** Whether no more rows fit. */
  public boolean full() {
    return rows.size() >= limit;
  }

  /** Whether the next row is passed over; counts it if so. */
  boolean skips() {
    if (skip == 0) {
      return false;
    }
    skip--;
    return true;
  }

  /** Rows that still fit. */
  int room() {
    return limit - rows.size();
  }
}
