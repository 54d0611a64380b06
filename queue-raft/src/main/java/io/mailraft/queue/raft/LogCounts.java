package io.mailraft.queue.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.metrics.RaftLogMetricsBase;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;

/** Counts of one replica's log since the start, and how large it is. */
final class LogCounts {
  private static final String APPLICATION = "ratis";

  private final AtomicLong entries = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  /** An entry of so many bytes was applied. */
  void applied(long entryBytes) {
    entries.lazySet(entries.get() + 1); // One thread applies.
    bytes.lazySet(bytes.get() + entryBytes);
  }

  long entries() {
    return entries.get();
  }

  long bytes() {
    return bytes.get();
  }

  /** How often Ratis has brought the log to disk, by its own count. */
  static long fsyncs(RaftGroupMemberId member) {
    return MetricRegistries.global()
        .get(
            new MetricRegistryInfo(
                member.toString(),
                APPLICATION,
                RaftLogMetricsBase.RATIS_LOG_WORKER_METRICS,
                RaftLogMetricsBase.RATIS_LOG_WORKER_METRICS_DESC))
        .map(LogCounts::flushes)
        .orElse(0L);
  }

  private static long flushes(RatisMetricRegistry registry) {
    return registry.counter(SegmentedRaftLogMetrics.RAFT_LOG_FLUSH_COUNT).getCount();
  }

  /** Entries in the log. */
  static long length(RaftServer.Division division) {
    RaftLog log = division.getRaftLog();
    TermIndex last = log.getLastEntryTermIndex();
    return last == null ? 0 : Math.max(0, last.getIndex() - log.getStartIndex() + 1);
  }

  /** Size of the files of a directory; one that vanishes meanwhile counts nothing. */
  static long size(Path directory) {
    long sum = 0;
    try {
      for (Path file : Durable.list(directory)) {
        sum += Files.exists(file) ? Files.size(file) : 0;
      }
    } catch (IOException e) {
      return sum; // A figure for people: the next one is right again.
    }
    return sum;
  }
}
