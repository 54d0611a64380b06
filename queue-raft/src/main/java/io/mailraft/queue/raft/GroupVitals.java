package io.mailraft.queue.raft;

import io.mailraft.queue.store.StoreMemory;
import java.time.Instant;
import java.util.Optional;

/**
 * How a node's replica of a Raft group is doing.
 *
 * @param name {@code control} or {@code shard-N}
 * @param leading whether this node leads it
 * @param term Raft term
 * @param leaderChanges how often another leader or a leader of another term was heard of since the
 *     start
 * @param lagEntries entries that are known to be committed and are not applied here
 * @param appliedEntries entries applied since the start
 * @param appliedBytes what these take in the log, in bytes
 * @param logEntries entries in the log
 * @param logBytes size of the log's files, in bytes
 * @param fsyncs how often the log was brought to disk since the start
 * @param snapshot the newest snapshot; empty where there is none
 * @param memory native memory of the database
 */
public record GroupVitals(
    String name,
    boolean leading,
    long term,
    long leaderChanges,
    long lagEntries,
    long appliedEntries,
    long appliedBytes,
    long logEntries,
    long logBytes,
    long fsyncs,
    Optional<SnapshotFacts> snapshot,
    StoreMemory memory) {

  /**
   * A snapshot.
   *
   * @param bytes size of its files, in bytes
   * @param taken when it was taken or received, by this machine's wall clock
   */
  public record SnapshotFacts(long bytes, Instant taken) {}
}
