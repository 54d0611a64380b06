package io.mailraft.queue;

import io.mailraft.queue.raft.GroupVitals;
import io.mailraft.queue.shard.Shard;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;

/**
 * How this node's part of the queue is doing, for metrics and for whoever asks whether it is ready.
 * Safe for any thread; {@link #groups} looks at directories.
 */
public final class Vitals {
  /**
   * Most entries that a replica may be behind and call itself ready. An entry under load holds some
   * hundred messages, so this is seconds of work.
   */
  public static final long LAG_ENTRIES_MAX = 1000;

  private final Replicas replicas;

  Vitals(Replicas replicas) {
    this.replicas = replicas;
  }

  /** Every group as this node sees it: control, then the shards. */
  public List<GroupVitals> groups() {
    return replicas.host().vitals();
  }

  /** What the databases' block cache holds, with the write buffers that it is charged for. */
  public long cacheBytes() {
    return replicas.host().cacheBytes();
  }

  /**
   * By zone, when the message of its oldest queued, claimed or deferred delivery began to come in,
   * or was to be sent: Unix time in milliseconds. Zones without any are left out. Empty as long as
   * this node still counts the deliveries of a shard, for a while after its start.
   */
  public Optional<Map<String, Long>> oldest() {
    Map<String, Long> oldest = new TreeMap<>();
    for (Shard shard : replicas.shards()) {
      Optional<Map<String, Long>> counted = shard.oldest();
      if (counted.isEmpty()) {
        return Optional.empty();
      }
      counted.get().forEach((zone, at) -> oldest.merge(zone, at, Math::min));
    }
    return Optional.of(oldest);
  }

  /**
   * Which replica is too far behind to call this node ready, and how far; empty if none is. Looks
   * at no disk: it is asked for often.
   */
  public Optional<String> behind() {
    return behind(replicas.host().lags());
  }

  static Optional<String> behind(Map<String, Long> lags) {
    return lags.entrySet().stream()
        .filter(lag -> lag.getValue() > LAG_ENTRIES_MAX)
        .findFirst()
        .map(
            lag ->
                "the replica of "
                    + lag.getKey()
                    + " is "
                    + lag.getValue()
                    + " entries behind, "
                    + LAG_ENTRIES_MAX
                    + " at most are ready");
  }

  /**
   * Registers who hears how long each entry took that this node led to its commit: the group, and
   * nanoseconds from handing it to Raft until it was applied here. Called on Raft's threads.
   */
  public void onCommitted(ObjLongConsumer<String> watch) {
    replicas.host().onCommitted(watch);
  }
}
