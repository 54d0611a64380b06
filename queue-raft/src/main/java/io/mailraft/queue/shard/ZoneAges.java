package io.mailraft.queue.shard;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Numbers of deliveries by zone and by the time since which they wait: that at which their message
 * began to come in, or was to be sent.
 *
 * <p>Times are rounded down to about a second; where a zone fills more than {@link #STEPS_MAX}
 * steps, its steps are made twice as long. So memory is bounded for each zone whatever its depth
 * (I9), and what is told is wrong by a thousandth of the age or a second. Numbers may be negative:
 * they are then changes of a state that is still to be added. Used by one thread at a time.
 */
final class ZoneAges {
  /** Steps of one zone; 35 minutes of the shortest. */
  static final int STEPS_MAX = 2048;

  /** Steps begin at 1,024 ms. */
  private static final int SHIFT_MIN = 10;

  private final Map<String, Steps> zones = new HashMap<>();

  private static final class Steps {
    private final TreeMap<Long, Long> counts = new TreeMap<>();
    private int shift = SHIFT_MIN;

    void add(long millis, long change) {
      add(counts, millis >> shift, change);
      bound();
    }

    void addAll(Steps other) {
      while (shift < other.shift) {
        lengthen();
      }
      int longer = shift - other.shift;
      other.counts.forEach((step, change) -> add(counts, step >> longer, change));
      bound();
    }

    private void bound() {
      while (counts.size() > STEPS_MAX) {
        lengthen();
      }
    }

    private void lengthen() {
      Map<Long, Long> fine = new HashMap<>(counts);
      counts.clear();
      shift++;
      fine.forEach((step, change) -> add(counts, step >> 1, change));
    }

    private static void add(Map<Long, Long> counts, long step, long change) {
      long count = counts.getOrDefault(step, 0L) + change;
      if (count == 0) {
        counts.remove(step);
      } else {
        counts.put(step, count);
      }
    }
  }

  /** So many more deliveries that wait since then; fewer where negative. */
  void add(String zone, long sinceMillis, long change) {
    Steps steps = zones.computeIfAbsent(zone, name -> new Steps());
    steps.add(sinceMillis, change);
    if (steps.counts.isEmpty()) {
      zones.remove(zone);
    }
  }

  /** Adds all numbers of another, which stays as it is. */
  void addAll(ZoneAges other) {
    other.zones.forEach(
        (zone, more) -> {
          Steps steps = zones.computeIfAbsent(zone, name -> new Steps());
          steps.addAll(more);
          if (steps.counts.isEmpty()) {
            zones.remove(zone);
          }
        });
  }

  /** By zone, the earliest time that has a number, in Unix millis. */
  Map<String, Long> oldest() {
    Map<String, Long> oldest = new HashMap<>();
    zones.forEach((zone, steps) -> oldest.put(zone, steps.counts.firstKey() << steps.shift));
    return oldest;
  }
}
