package io.mailraft.queue.shard;

import io.mailraft.api.stored.StoredClaim;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.View;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How old the oldest waiting delivery of each zone is: one that is queued, claimed or deferred.
 * Held ones are not counted, since somebody wants them to wait.
 *
 * <p>Deliveries are counted by zone and by the time at which their message began to come in, which
 * its id tells. Times are rounded down to about a second; where a zone fills more than {@link
 * #STEPS_MAX} steps, its steps are made twice as long. So memory is bounded for each zone whatever
 * its depth (I9), what is told is wrong by a thousandth of the age or a second, and asking looks at
 * one entry of a map. Written by the apply thread, read by any.
 */
final class Ages {
  /** Steps of one zone; 35 minutes of the shortest. */
  static final int STEPS_MAX = 2048;

  /** Steps begin at 1,024 ms. */
  private static final int SHIFT_MIN = 10;

  private static final byte[] END = {(byte) 0xff};

  private final Map<String, Steps> zones = new ConcurrentHashMap<>();

  private static final class Steps {
    private final TreeMap<Long, Long> counts = new TreeMap<>();
    private int shift = SHIFT_MIN;

    synchronized void add(long millis, long change) {
      long step = millis >> shift;
      long count = counts.getOrDefault(step, 0L) + change;
      if (count == 0) {
        counts.remove(step);
      } else {
        counts.put(step, count);
      }
      while (counts.size() > STEPS_MAX) {
        Map<Long, Long> fine = new HashMap<>(counts);
        counts.clear();
        shift++;
        fine.forEach((at, waiting) -> counts.merge(at >> 1, waiting, Long::sum));
      }
    }

    synchronized OptionalLong first() {
      return counts.isEmpty() ? OptionalLong.empty() : OptionalLong.of(counts.firstKey() << shift);
    }
  }

  /** Counts what waits. Reads every queued, claimed and deferred delivery's key. */
  void load(View view) {
    zones.clear();
    view.scan(
        Rows.READY,
        Rows.FIRST,
        END,
        (key, value) -> {
          add(Rows.readyLane(key).zone(), Rows.lastDelivery(key).message(), 1);
          return true;
        });
    view.scan(
        Rows.CLAIM,
        Rows.FIRST,
        END,
        (key, value) -> {
          StoredClaim claim = ShardRows.claimOf(value);
          add(claim.getZone(), Rows.lastDelivery(key).message(), 1);
          return true;
        });
    view.scan(
        Rows.DUE,
        Rows.FIRST,
        END,
        (key, value) -> {
          add(Rows.lane(value).zone(), Rows.lastDelivery(key).message(), 1);
          return true;
        });
  }

  /** A delivery begins to wait, or one (-1) does no longer. */
  void add(String zone, MessageId message, long change) {
    Steps steps = zones.computeIfAbsent(zone, name -> new Steps());
    steps.add(message.millis(), change);
    if (steps.first().isEmpty()) {
      zones.remove(zone);
    }
  }

  /** By zone, when the message of its oldest waiting delivery began to come in, in Unix millis. */
  Map<String, Long> oldest() {
    Map<String, Long> oldest = new HashMap<>();
    zones.forEach((zone, steps) -> steps.first().ifPresent(at -> oldest.put(zone, at)));
    return oldest;
  }
}
