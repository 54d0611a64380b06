package io.mailraft.queue.raft;

import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a follower was brought of a group's log and has not applied yet.
 *
 * <p>Ratis keeps each such entry in the heap, however many there are: while a snapshot takes the
 * place of the database nothing is applied, and a leader with much log behind the snapshot would
 * fill any heap. So whoever brings more than its share waits, on the thread of that call, and
 * gRPC's flow control holds the rest back at the leader. Heartbeats come by a call of their own, so
 * no election follows. What waits for its commit never fills it alone: a leader has one entry on
 * its way at a time (see {@code Proposer}).
 */
final class Backlog {
  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

  /** Least share: more than the largest entry, so that there is always room for one. */
  private static final long BYTES_MIN = 2L * RaftSettings.APPEND_BYTES_MAX;

  private static final int HEAP_PART = 8;

  /** After so long a request passes all the same: better a fuller heap than a log at a stand. */
  private static final Duration WAIT_MAX = Duration.ofSeconds(20);

  private final String group;
  private final Progress progress;
  private final long bytesMax;
  private final Duration waitMax;
  private final NavigableMap<Long, Long> unapplied = new TreeMap<>();
  private long bytes;

  /** The backlog of each group may take an eighth of the heap, or 16 MiB where that is more. */
  Backlog(String group, Progress progress) {
    this(
        group,
        progress,
        Math.max(BYTES_MIN, Runtime.getRuntime().maxMemory() / HEAP_PART),
        WAIT_MAX);
  }

  Backlog(String group, Progress progress, long bytesMax, Duration waitMax) {
    this.group = group;
    this.progress = progress;
    this.bytesMax = bytesMax;
    this.waitMax = waitMax;
  }

  /** Waits until there is room for what a request brings, and counts it. */
  void take(AppendEntriesRequestProto append) throws InterruptedException {
    int entries = append.getEntriesCount();
    if (entries == 0) {
      return;
    }
    long first = append.getEntries(0).getIndex();
    long last = append.getEntries(entries - 1).getIndex();
    int size = append.getSerializedSize();
    long deadline = System.nanoTime() + waitMax.toNanos();
    long next = put(first, last, size, false);
    while (next >= 0) {
      CompletableFuture<Position> applied = progress.await(next);
      try {
        applied.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        next = put(first, last, size, false);
      } catch (ExecutionException e) {
        LOG.debug("the group {} has ended", group, e);
        return;
      } catch (TimeoutException e) {
        applied.cancel(false);
        LOG.warn("entry {} of the group {} was not applied for {}", next, group, waitMax);
        next = put(first, last, size, true);
      }
    }
  }

  /**
   * Counts a request, where there is room or none is needed; else what must be applied first. What
   * was brought from its first entry on does not count any more: it was not taken, because
   * something before it was missing, or comes again.
   */
  private synchronized long put(long first, long last, long size, boolean anyway) {
    forget(unapplied.headMap(progress.applied().index(), true));
    forget(unapplied.tailMap(first, true));
    if (!anyway && !unapplied.isEmpty() && bytes + size > bytesMax) {
      return unapplied.firstKey();
    }
    unapplied.put(last, size);
    bytes += size;
    return -1;
  }

  private void forget(Map<Long, Long> gone) {
    gone.values().forEach(each -> bytes -= each);
    gone.clear();
  }
}
