package io.mailraft.queue.shard;

import io.mailraft.api.stored.StoredClaim;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.util.HexFormat;
import java.util.Optional;

/**
 * One reading of every queued, claimed and deferred delivery's key in a state that does not change,
 * for {@link Ages}.
 *
 * <p>It reads some rows at a time, because a scan holds the database open: whoever closes it, and
 * with it whoever writes meanwhile, waits for the scan.
 */
final class AgeCount {
  /** Rows of one scan, some milliseconds. */
  static final int PAGE_ROWS = 4096;

  private static final byte[] END = {(byte) 0xff};

  private final View state;
  private final ZoneAges counted = new ZoneAges();
  private volatile boolean givenUp;

  AgeCount(View state) {
    this.state = state;
  }

  /** Lets the reading end soon, without a result. */
  void giveUp() {
    givenUp = true;
  }

  /**
   * Reads; to be called once.
   *
   * @return what waits; empty where it was given up
   * @throws FoldException if a row is not what a shard writes
   */
  Optional<ZoneAges> read() {
    boolean whole =
        read(
                Rows.READY,
                (key, value) -> count(Rows.readyLane(key).zone(), key, Rows.readySince(value)))
            && read(
                Rows.CLAIM,
                (key, value) -> {
                  StoredClaim claim = ShardRows.claimOf(value);
                  count(claim.getZone(), key, claim.getSinceMillis());
                })
            && read(
                Rows.DUE,
                (key, value) -> count(Rows.dueLane(value).zone(), key, Rows.dueSince(value)));
    return whole ? Optional.of(counted) : Optional.empty();
  }

  private void count(String zone, byte[] key, long sinceMillis) {
    if (sinceMillis != Deliveries.NOT_YET) {
      counted.add(zone, Deliveries.since(Rows.lastDelivery(key), sinceMillis), 1);
    }
  }

  /** Counts a row. */
  @FunctionalInterface
  private interface Counting {
    void count(byte[] key, byte[] value);
  }

  private boolean read(Table table, Counting counting) {
    Page page = new Page(table, counting);
    byte[] from = Rows.FIRST;
    do {
      if (givenUp) {
        return false;
      }
      page.rows = 0;
      state.scan(table, from, END, page);
      from = Rows.after(page.last);
    } while (page.rows == PAGE_ROWS);
    return true;
  }

  private static final class Page implements View.Visitor {
    private final Table table;
    private final Counting counting;
    private int rows;
    private byte[] last = Rows.FIRST;

    Page(Table table, Counting counting) {
      this.table = table;
      this.counting = counting;
    }

    @Override
    public boolean visit(byte[] key, byte[] value) {
      try {
        counting.count(key, value);
      } catch (RuntimeException e) {
        throw new FoldException(
            "the row "
                + HexFormat.of().formatHex(key)
                + " of table "
                + table.name()
                + " is not what a shard writes",
            e);
      }
      rows++;
      last = key;
      return rows < PAGE_ROWS;
    }
  }
}
