package io.mailraft.queue.shard;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.stored.StoredCounter;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.View;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Exact counters of a shard, one for each lane that has open deliveries. Written by the apply
 * thread, read by any.
 *
 * <p>A change is one addition in memory; the rows of the lanes that an entry touched are written
 * once, with the entry's batch. So the cost does not grow with depth, and memory is a small fixed
 * cost for each lane (I9).
 */
final class Counters {
  private static final byte[] END = {(byte) 0xff};

  /** The states that are counted. */
  enum State {
    QUEUED,
    CLAIMED,
    DEFERRED,
    HELD
  }

  private final Map<Lane, Depth> lanes = new ConcurrentHashMap<>();
  private final Map<String, Depth> zones = new ConcurrentHashMap<>();
  private final Set<Lane> touched = new HashSet<>();

  void load(View view) {
    lanes.clear();
    zones.clear();
    touched.clear();
    view.scan(
        Rows.COUNTER,
        Rows.FIRST,
        END,
        (key, value) -> {
          try {
            StoredCounter row = StoredCounter.parseFrom(value);
            Depth depth =
                new Depth(row.getQueued(), row.getClaimed(), row.getDeferred(), row.getHeld());
            Lane lane = Rows.lane(key);
            lanes.put(lane, depth);
            zones.merge(lane.zone(), depth, Depth::plus);
          } catch (InvalidProtocolBufferException e) {
            throw new FoldException("counter row of " + Rows.lane(key) + " cannot be read", e);
          }
          return true;
        });
  }

  void add(Lane lane, State state, long change) {
    Depth one =
        switch (state) {
          case QUEUED -> new Depth(change, 0, 0, 0);
          case CLAIMED -> new Depth(0, change, 0, 0);
          case DEFERRED -> new Depth(0, 0, change, 0);
          case HELD -> new Depth(0, 0, 0, change);
        };
    Depth lanesNew = lanes.getOrDefault(lane, Depth.ZERO).plus(one);
    if (lanesNew.queued() < 0
        || lanesNew.claimed() < 0
        || lanesNew.deferred() < 0
        || lanesNew.held() < 0) {
      throw new FoldException("the counter of " + lane + " would become " + lanesNew);
    }
    put(lanes, lane, lanesNew);
    put(zones, lane.zone(), zones.getOrDefault(lane.zone(), Depth.ZERO).plus(one));
    touched.add(lane);
  }

  private static <K> void put(Map<K, Depth> map, K key, Depth depth) {
    if (depth.equals(Depth.ZERO)) {
      map.remove(key);
    } else {
      map.put(key, depth);
    }
  }

  /** Writes the rows that changed since the last call. */
  void write(Batch batch) {
    for (Lane lane : touched) {
      Depth depth = lane(lane);
      if (depth.equals(Depth.ZERO)) {
        batch.delete(Rows.COUNTER, Rows.lane(lane));
      } else {
        batch.put(
            Rows.COUNTER,
            Rows.lane(lane),
            StoredCounter.newBuilder()
                .setQueued(depth.queued())
                .setClaimed(depth.claimed())
                .setDeferred(depth.deferred())
                .setHeld(depth.held())
                .build()
                .toByteArray());
      }
    }
    touched.clear();
  }

  Depth lane(Lane lane) {
    return lanes.getOrDefault(lane, Depth.ZERO);
  }

  /** Every lane with open deliveries. A live view. */
  Map<Lane, Depth> lanes() {
    return lanes;
  }

  /** Every zone with open deliveries. A live view. */
  Map<String, Depth> zones() {
    return zones;
  }
}
