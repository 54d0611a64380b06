package io.mailraft.queue.raft;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A leader's reading of its group's time: never behind the stamps of the log, and never standing
 * still. While the wall clock is behind, because it or an earlier leader's has jumped, time goes on
 * from the last reading by the monotonic clock. If it stood still instead, what was deferred for a
 * second would wait until the wall clock has caught up.
 */
public final class GroupTime implements InstantSource {
  private final InstantSource wall;
  private final LongSupplier stampMillis;
  private final LongSupplier nanos;
  private long lastMillis;
  private long lastNanos;

  /**
   * @param wall the node's wall clock
   * @param stampMillis the greatest stamp that this replica has applied, Unix milliseconds
   */
  public GroupTime(InstantSource wall, LongSupplier stampMillis) {
    this(wall, stampMillis, System::nanoTime);
  }

  GroupTime(InstantSource wall, LongSupplier stampMillis, LongSupplier nanos) {
    this.wall = wall;
    this.stampMillis = stampMillis;
    this.nanos = nanos;
    this.lastNanos = nanos.getAsLong();
  }

  /** Unix milliseconds; later readings are not smaller. */
  @Override
  public synchronized long millis() {
    long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - lastNanos);
    // What is less than a millisecond counts at the next reading.
    lastNanos += TimeUnit.MILLISECONDS.toNanos(elapsedMillis);
    lastMillis =
        Math.max(Math.max(lastMillis + elapsedMillis, wall.millis()), stampMillis.getAsLong());
    return lastMillis;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis());
  }
}
