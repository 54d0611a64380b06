package io.mailraft.queue.shard;

import io.mailraft.api.stored.StoredDelivery;
import java.util.ArrayList;
import java.util.List;

/**
 * One page of a list of deliveries while it is being filled. It ends when it is full, or when so
 * many rows were looked at that the rest is left for another page. Belongs to one thread.
 */
public final class Listing {
  private final int limit;
  private final List<Row> rows = new ArrayList<>();
  private long skip;
  private int looks;

  /**
   * A delivery on the page.
   *
   * @param id its message and number
   * @param delivery the delivery as stored
   * @param claimed whether a node has it in hand
   */
  public record Row(DeliveryId id, StoredDelivery delivery, boolean claimed) {}

  /**
   * An empty page.
   *
   * @param skip rows to pass over before the first one
   * @param limit most rows, at least 1
   * @param looks most rows that are looked at, at least 1
   */
  public Listing(long skip, int limit, int looks) {
    this.skip = skip;
    this.limit = limit;
    this.looks = looks;
  }

  /** Rows so far. */
  public List<Row> rows() {
    return rows;
  }

  /** Rows that a page that follows has to pass over. */
  public long skip() {
    return skip;
  }

  /** Whether nothing more comes onto the page. */
  boolean ended() {
    return rows.size() >= limit || looks <= 0;
  }

  /** Rows that may still be looked at. */
  int looks() {
    return looks;
  }

  /** Counts rows that were looked at. */
  void looked(int count) {
    looks -= count;
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
