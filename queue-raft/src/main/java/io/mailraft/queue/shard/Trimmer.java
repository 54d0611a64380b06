package io.mailraft.queue.shard;

import io.mailraft.api.log.ForgetKeys;
import io.mailraft.api.log.TrimHistory;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a shard's leader lets go of what is kept of ended messages: what is too old, and, while
 * there are too many bytes of it, the oldest; and of idempotency keys. One term's; used by one
 * thread.
 *
 * <p>The cursors spare leader and replicas the rows that went before: no row stands before one,
 * since a message ends at the stamp of its entry, and stamps never go back. The stamp that bounds a
 * cursor is read before the scan, so what the scan does not see is not older.
 */
final class Trimmer {
  /** Time for which a repeat of a request is known as such. */
  static final Duration KEYS_REMEMBERED = Duration.ofHours(24);

  /**
   * Most rows of a kind that one record removes; each recipient of a message counts, and so does
   * each of its events.
   */
  private static final int ROWS_MAX = 1_000;

  /** Most timelines while there are too many bytes: more would go than need to. */
  private static final int PRESSED_ROWS_MAX = 100;

  private final View view;
  private final LongSupplier bytes;
  private final ShardSettings settings;
  private long timelinesFrom;
  private long idsFrom;
  private long feedFrom;
  private long keysFrom;
  private long keysAfter;
  private Cursors after = new Cursors(0, 0, 0);

  /** Where the next scans begin once the record is applied. */
  private record Cursors(long timelines, long ids, long feed) {}

  /**
   * A stretch of rows by time.
   *
   * @param before time before which they lie
   * @param next time before which none is left once they are gone
   * @param any whether there is a row
   */
  private record Stretch(long before, long next, boolean any) {}

  /**
   * @param bytes what is kept, in bytes
   */
  Trimmer(View view, LongSupplier bytes, ShardSettings settings) {
    this.view = view;
    this.bytes = bytes;
    this.settings = settings;
  }

  /** The next record; empty where nothing is to go. */
  Optional<TrimHistory> next(long nowMillis, long stampMillis) {
    boolean pressed = bytes.getAsLong() > settings.timelineBytesMax();
    long old = nowMillis - settings.keepTimeline().toMillis();
    Stretch timelines =
        pressed
            ? timelines(Long.MAX_VALUE, stampMillis, PRESSED_ROWS_MAX)
            : timelines(old, stampMillis, ROWS_MAX);
    long idsBefore = nowMillis - settings.rememberEnded().toMillis();
    Stretch ids = rows(Rows.BARE, idsFrom, idsBefore, stampMillis);
    // A message leaves several rows in the stream: they must not fall behind the timelines.
    long feedOld = pressed && timelines.any() ? Math.max(old, timelines.before()) : old;
    long feedBefore = feedBefore(feedOld);
    after = new Cursors(timelines.next(), ids.next(), feedBefore);
    if (!timelines.any() && !ids.any() && feedBefore == feedFrom) {
      done();
      return Optional.empty();
    }
    return Optional.of(
        TrimHistory.newBuilder()
            .setTimelinesFromMillis(timelinesFrom)
            .setTimelinesBeforeMillis(timelines.before())
            .setIdsFromMillis(idsFrom)
            .setIdsBeforeMillis(Math.max(0, idsBefore))
            .setFeedFromIndex(feedFrom)
            .setFeedBeforeIndex(feedBefore)
            .setLimit(ROWS_MAX)
            .build());
  }

  /** The record of the last {@link #next} has been applied. */
  void done() {
    // A message with more events than one record removes is still there.
    timelinesFrom = firstTimeline(timelinesFrom, after.timelines());
    idsFrom = after.ids();
    feedFrom = after.feed();
  }

  private Stretch timelines(long beforeMillis, long stampMillis, int rowsMax) {
    long end = Math.max(timelinesFrom, beforeMillis);
    long[] last = {-1};
    int[] rows = {0};
    view.scan(
        Rows.EXPIRY,
        Rows.millis(timelinesFrom),
        Rows.millis(end),
        (key, value) -> {
          last[0] = Rows.firstMillis(key);
          rows[0] += Math.max(1, Rows.number(value));
          return rows[0] < rowsMax;
        });
    return stretch(timelinesFrom, end, last[0], rows[0] >= rowsMax, stampMillis);
  }

  /** When the first message ended whose timeline is kept, if before a time, which else it is. */
  private long firstTimeline(long from, long before) {
    long[] first = {before};
    view.scan(
        Rows.EXPIRY,
        Rows.millis(from),
        Rows.millis(before),
        (key, value) -> {
          first[0] = Rows.firstMillis(key);
          return false;
        });
    return first[0];
  }

  /** The next record for idempotency keys; empty where none is to go. */
  Optional<ForgetKeys> nextKeys(long nowMillis, long stampMillis) {
    long old = nowMillis - KEYS_REMEMBERED.toMillis();
    Stretch keys = rows(Rows.KEY_AGE, keysFrom, old, stampMillis);
    keysAfter = keys.next();
    if (!keys.any()) {
      keysDone();
      return Optional.empty();
    }
    return Optional.of(
        ForgetKeys.newBuilder()
            .setFromMillis(keysFrom)
            .setBeforeMillis(keys.before())
            .setLimit(ROWS_MAX)
            .build());
  }

  /** The record of the last {@link #nextKeys} has been applied. */
  void keysDone() {
    keysFrom = keysAfter;
  }

  private Stretch rows(Table table, long from, long beforeMillis, long stampMillis) {
    long end = Math.max(from, beforeMillis);
    long[] last = {-1};
    int[] rows = {0};
    view.scan(
        table,
        Rows.millis(from),
        Rows.millis(end),
        (key, value) -> {
          last[0] = Rows.firstMillis(key);
          rows[0]++;
          return rows[0] < ROWS_MAX;
        });
    return stretch(from, end, last[0], rows[0] >= ROWS_MAX, stampMillis);
  }

  /** Others of the last one's time may be left where the scan was full. */
  private static Stretch stretch(long from, long end, long last, boolean full, long stampMillis) {
    if (last < 0) {
      return new Stretch(from, Math.max(from, Math.min(end, stampMillis)), false);
    }
    long before = full ? last + 1 : Math.min(end, Math.max(last + 1, stampMillis));
    long gone = full ? last : before;
    return new Stretch(before, Math.max(from, Math.min(gone, stampMillis)), true);
  }

  private long feedBefore(long beforeMillis) {
    long[] before = {feedFrom};
    int[] rows = {0};
    view.scan(
        Rows.FEED,
        Rows.millis(feedFrom),
        Rows.millis(-1),
        (key, value) -> {
          if (FeedRow.stampMillis(value) >= beforeMillis) {
            return false;
          }
          before[0] = ByteBuffer.wrap(key).getLong() + 1;
          return ++rows[0] < ROWS_MAX;
        });
    return before[0];
  }
}
