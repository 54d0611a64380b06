package io.mailraft.queue.raft;

import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
 * fill any heap. So whoever brings more than there is room for waits, on the thread of that call,
 * and gRPC's flow control holds the rest back at the leader. Heartbeats come by a call of their
 * own, so no election follows.
 *
 * <p>All groups of a node share one {@link Room}. A request waits only where its group has
 * something unapplied of which an earlier request has told that it is committed: that will be
 * applied, whatever becomes of this one. What is not known to be committed may wait for just this
 * request to tell it. There is little of it, since a leader has one or two entries on their way at
 * a time (see {@code Proposer}).
 */
final class Backlog {
  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

  /** After so long a request passes all the same: better a fuller heap than a log at a stand. */
  private static final Duration WAIT_MAX = Duration.ofSeconds(20);

  /** The bytes that the groups of a node may have unapplied together. */
  static final class Room {
    /** Least size: more than the largest entry. */
    private static final long BYTES_MIN = 2L * RaftSettings.APPEND_BYTES_MAX;

    private static final int HEAP_PART = 8;

    private final long bytesMax;
    private final List<Backlog> backlogs = new ArrayList<>();
    private long bytes;

    Room(long bytesMax) {
      this.bytesMax = bytesMax;
    }

    /** An eighth of the heap, or 16 MiB where that is more. */
    static Room ofHeap() {
      return new Room(Math.max(BYTES_MIN, Runtime.getRuntime().maxMemory() / HEAP_PART));
    }

    private synchronized void add(Backlog backlog) {
      backlogs.add(backlog);
    }

    /** Whether there is room for so much, once what was applied meanwhile is forgotten. */
    private boolean holds(long more) {
      if (bytes + more > bytesMax) {
        backlogs.forEach(Backlog::forgetApplied);
      }
      return bytes + more <= bytesMax;
    }
  }

  private final String group;
  private final Progress progress;
  private final Room room;
  private final Duration waitMax;

  /** Bytes of each request by its last entry, under the lock of the room, as all its sums. */
  private final NavigableMap<Long, Long> unapplied = new TreeMap<>();

  /** The last entry of which a request that passed has told that it is committed. */
  private long told = -1;

  Backlog(String group, Progress progress, Room room) {
    this(group, progress, room, WAIT_MAX);
  }

  Backlog(String group, Progress progress, Room room, Duration waitMax) {
    this.group = group;
    this.progress = progress;
    this.room = room;
    this.waitMax = waitMax;
    room.add(this);
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
    long tells = Math.min(append.getLeaderCommit(), last);
    long deadline = System.nanoTime() + waitMax.toNanos();
    long next = put(first, last, size, tells, false);
    while (next >= 0) {
      CompletableFuture<Position> applied = progress.await(next);
      try {
        applied.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        next = put(first, last, size, tells, false);
      } catch (ExecutionException e) {
        LOG.debug("the group {} has ended", group, e);
        return;
      } catch (TimeoutException e) {
        applied.cancel(false);
        LOG.warn("entry {} of the group {} was not applied for {}", next, group, waitMax);
        next = put(first, last, size, tells, true);
      }
    }
  }

  /**
   * Counts a request, where there is room or none is needed; else what must be applied first. What
   * was brought from its first entry on does not count any more: it was not taken, because
   * something before it was missing, or comes again.
   */
  private long put(long first, long last, long size, long tells, boolean anyway) {
    synchronized (room) {
      forgetApplied();
      forget(unapplied.tailMap(first, true));
      // What nobody has told to be committed may wait for just this request.
      if (!anyway && !unapplied.isEmpty() && unapplied.firstKey() <= told && !room.holds(size)) {
        return unapplied.firstKey();
      }
      told = Math.max(told, tells);
      unapplied.put(last, size);
      room.bytes += size;
      return -1;
    }
  }

  private void forgetApplied() {
    forget(unapplied.headMap(progress.applied().index(), true));
  }

  private void forget(Map<Long, Long> gone) {
    gone.values().forEach(each -> room.bytes -= each);
    gone.clear();
  }
}
