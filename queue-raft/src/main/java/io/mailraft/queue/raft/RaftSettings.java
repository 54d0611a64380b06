package io.mailraft.queue.raft;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of Ratis, and the budget behind them.
 *
 * <p>A node must work with a heap of 256 MiB. The largest record, {@link #RECORD_BYTES_MAX}, is 8
 * MiB (a message of 10,000 long addresses), the usual entry has about 1 MiB at most. Then one busy
 * group holds at most:
 *
 * <ul>
 *   <li>log entries in memory: the open segment and one closed, 8 MiB each, which where entries are
 *       as small as the control group's take several times as much of the heap; and a few hundred
 *       bytes for each other one that the log holds, {@value SnapshotSchedule#ENTRIES_MAX} or so;
 *   <li>what a follower has not applied yet: an eighth of the heap (see {@code Backlog});
 *   <li>proposals that wait or are on their way: an eighth of the heap (see {@code Proposer});
 *   <li>on their way to each follower: 2 requests, usually of 1 MiB, of 8 MiB where large entries
 *       wait; and the write queue of the log, whose entries are those of the segments;
 *   <li>outside the heap: the log's write buffer of 9 MiB, and gRPC's buffers.
 * </ul>
 *
 * <p>The control group's entries are small, so its share is small too. Databases live outside the
 * heap.
 */
final class RaftSettings {
  /** Largest record that is proposed, in bytes. */
  static final int RECORD_BYTES_MAX = 8 << 20;

  /**
   * Records of one entry together, in bytes, where there is more than one: room for four chunks of
   * messages of 256 KiB with what is around them.
   */
  static final int ENTRY_BYTES_MAX = (1 << 20) + (1 << 12);

  /** Records of one entry at most. */
  static final int ENTRY_RECORDS_MAX = 4096;

  /** Longest entry with what Ratis puts around its records, in bytes. */
  static final int APPEND_BYTES_MAX = RECORD_BYTES_MAX + (1 << 16);

  private static final int WRITE_BUFFER_BYTES = RECORD_BYTES_MAX + (1 << 20);
  private static final int GRPC_MESSAGE_BYTES_MAX = APPEND_BYTES_MAX + (2 << 20);

  /**
   * The content of the open one is kept in the heap, and small entries take several times their
   * size there; smaller ones would be begun more often under load.
   */
  private static final int SEGMENT_BYTES = 8 << 20;

  /**
   * What the log grows by before it is written to: zeros, so that a commit need not move the end of
   * the file.
   */
  private static final int PREALLOCATED_BYTES = 4 << 20;

  private static final int CACHED_SEGMENTS_MAX = 1;
  private static final int SNAPSHOT_CHUNK_BYTES = 1 << 20;

  /**
   * One entry is on its way at a time, or two large ones (see {@code Proposer}); while a follower
   * catches up, each request is as large as the largest record, on both sides.
   */
  private static final int OUTSTANDING_APPENDS_MAX = 2;

  /** Entries of one append at most, so that those of a usual size make no large one. */
  private static final int APPEND_ENTRIES_MAX = 32;

  private static final int OUTSTANDING_CHUNKS_MAX = 4;

  /**
   * Entries before a snapshot that stay in the log: more than those that are on their way to a
   * follower that keeps up.
   */
  static final long KEPT_ENTRIES = 64;

  /** A frozen process is no reason to close the server for good; it steps down when it wakes. */
  private static final Duration NEVER = Duration.ofDays(365);

  /** Longest election timeout that Ratis' arithmetic bears, about. */
  private static final Duration LONGEST = Duration.ofDays(20);

  /** Time after which a node without peers elects itself at the start. */
  private static final Duration ALONE = Duration.ofMillis(20);

  private static final Duration REPLY_CACHE = Duration.ofSeconds(2);

  /** Settings that could lose what was acknowledged, with the only value that is allowed. */
  private static final Map<String, String> REQUIRED =
      Map.of(
          RaftServerConfigKeys.Log.ASYNC_FLUSH_ENABLED_KEY, "false",
          RaftServerConfigKeys.Log.UNSAFE_FLUSH_ENABLED_KEY, "false",
          RaftServerConfigKeys.Log.USE_MEMORY_KEY, "false",
          RaftServerConfigKeys.Log.StateMachineData.CACHING_ENABLED_KEY, "false",
          RaftServerConfigKeys.Log.StateMachineData.SYNC_KEY, "true",
          RaftServerConfigKeys.Log.CORRUPTION_POLICY_KEY, "EXCEPTION",
          RaftServerConfigKeys.LeaderElection.PRE_VOTE_KEY, "true");

  private RaftSettings() {}

  /** Makes the settings of a node. */
  static RaftProperties of(HostSettings settings) {
    RaftProperties properties = new RaftProperties();
    elections(properties, settings.electionTimeout(), settings.peers().size() == 1);
    log(properties);
    appender(properties, settings.electionTimeout());
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
    RaftServerConfigKeys.Snapshot.setTriggerWhenRemoveEnabled(properties, false);
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, time(REPLY_CACHE));
    RaftConfigKeys.Rpc.setType(properties, new RaftTransport());
    GrpcConfigKeys.Server.setHost(properties, settings.address().host());
    GrpcConfigKeys.Server.setPort(properties, settings.address().port());
    GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf(GRPC_MESSAGE_BYTES_MAX));
    GrpcConfigKeys.setFlowControlWindow(properties, SizeInBytes.valueOf(4 << 20));
    GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(properties, OUTSTANDING_APPENDS_MAX);
    // Appends may have to wait at a follower, and heartbeats must not wait behind them: see
    // Backlog.
    GrpcConfigKeys.Server.setHeartbeatChannel(properties, true);
    refuseUnsafe(properties, System.getProperties());
    return properties;
  }

  /**
   * Refuses settings under which an acknowledged message could be lost.
   *
   * @throws IllegalArgumentException naming the setting and its only value
   */
  static void refuseUnsafe(RaftProperties properties, Properties system) {
    REQUIRED.forEach(
        (key, value) -> {
          refuse(key, value, properties.get(key), "the Raft settings");
          refuse(key, value, system.getProperty(key), "the system properties");
        });
  }

  private static void refuse(String key, String required, @Nullable String is, String where) {
    if (is != null && !is.strip().equalsIgnoreCase(required)) {
      throw new IllegalArgumentException(
          key
              + "="
              + is
              + " in "
              + where
              + " could lose acknowledged mail; it must be "
              + required
              + " or left out");
    }
  }

  /** Where the groups' directories lie. */
  static void storeIn(RaftProperties properties, Path directory) {
    RaftServerConfigKeys.setStorageDir(properties, List.of(new File(directory.toString())));
  }

  private static void elections(RaftProperties properties, Duration timeout, boolean alone) {
    if (alone) {
      // Nobody else can lead, so there is nobody to wait for.
      RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, time(ALONE));
      RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, time(ALONE));
    }
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, time(timeout));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, time(timeout.multipliedBy(2)));
    RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        properties, time(timeout.multipliedBy(2)));
    RaftServerConfigKeys.setCloseThreshold(properties, time(NEVER));
  }

  /** A node with these follows whoever leads, and never asks for a vote. */
  static void neverStand(RaftProperties properties) {
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, time(LONGEST));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, time(LONGEST));
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, time(LONGEST));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, time(LONGEST));
  }

  private static void log(RaftProperties properties) {
    RaftServerConfigKeys.Log.setUseMemory(properties, false);
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setCorruptionPolicy(
        properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.StateMachineData.setSync(properties, true);
    RaftServerConfigKeys.Log.StateMachineData.setCachingEnabled(properties, false);
    // An entry of its own for every advance of the commit index would double the fsyncs.
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf(SEGMENT_BYTES));
    RaftServerConfigKeys.Log.setPreallocatedSize(
        properties, SizeInBytes.valueOf(PREALLOCATED_BYTES));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, CACHED_SEGMENTS_MAX);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(
        properties, SizeInBytes.valueOf((long) CACHED_SEGMENTS_MAX * SEGMENT_BYTES));
    RaftServerConfigKeys.Log.setWriteBufferSize(
        properties, SizeInBytes.valueOf(WRITE_BUFFER_BYTES));
    RaftServerConfigKeys.Log.setQueueByteLimit(
        properties, SizeInBytes.valueOf(2L * WRITE_BUFFER_BYTES));
    RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
    RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, KEPT_ENTRIES);
    RaftServerConfigKeys.Write.setByteLimit(
        properties, SizeInBytes.valueOf(4L * WRITE_BUFFER_BYTES));
  }

  private static void appender(RaftProperties properties, Duration electionTimeout) {
    // Where the follower goes away while a snapshot is sent, Ratis notices only by this timeout,
    // times the limit.
    GrpcConfigKeys.Server.setInstallSnapshotRequestElementLimit(properties, OUTSTANDING_CHUNKS_MAX);
    GrpcConfigKeys.Server.setInstallSnapshotRequestTimeout(
        properties, time(electionTimeout.multipliedBy(2)));
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(
        properties, SizeInBytes.valueOf(APPEND_BYTES_MAX));
    RaftServerConfigKeys.Log.Appender.setBufferElementLimit(properties, APPEND_ENTRIES_MAX);
    RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(
        properties, SizeInBytes.valueOf(SNAPSHOT_CHUNK_BYTES));
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, true);
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(properties, TimeDuration.ZERO);
    // Ratis' own waits grow to five seconds, for which a node that has come back would hear
    // nothing.
    RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "10ms,10, 200ms,1000000");
  }

  private static TimeDuration time(Duration duration) {
    return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
  }
}
