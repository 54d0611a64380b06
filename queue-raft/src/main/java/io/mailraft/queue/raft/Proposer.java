package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.ProposedEntry.Proposal;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Group commit: gathers proposed records into log entries (DESIGN 4.3).
 *
 * <p>There is no timer. While fewer than {@link #WINDOW} entries are on their way, whatever waits
 * becomes the next entry at once; otherwise it gathers until one of them is done. So a lone record
 * goes out alone, and under load entries grow by themselves to what one fsync takes. One thread
 * makes the entries and hands them to Raft, which takes them in the order of the calls, so the
 * records of one caller keep their order.
 */
final class Proposer implements AutoCloseable {
  /**
   * Entries on their way at once. Two and four were measured beside one, on one node and on three,
   * with 1, 20 and 200 callers: they make more and smaller entries, which costs more than the
   * overlap gains.
   */
  private static final int WINDOW = 1;

  private static final long BYTES_MAX =
      Math.clamp(Runtime.getRuntime().maxMemory() / 8, 16L << 20, 64L << 20);

  /** What the proposer needs of its group. */
  interface Raft {
    /** Whether this node leads and is ready. */
    boolean leading();

    /** Why a proposal is not taken: names the leader where known. */
    NotLeaderException notLeader();

    /** Hands over an entry. The future ends once it is applied (null), or with why it was not. */
    CompletableFuture<@Nullable Void> submit(ProposedEntry entry);
  }

  private final Raft raft;
  private final InstantSource clock;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final ArrayDeque<Proposal> waiting = new ArrayDeque<>();
  private final Set<ProposedEntry> onTheirWay = new HashSet<>();
  private final String group;
  private long bytes;
  private long lastStampMillis;
  private @Nullable Throwable ended;

  Proposer(String group, Raft raft, InstantSource clock) {
    this.group = group;
    this.raft = raft;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("propose-" + group).unstarted(this::work);
  }

  void start() {
    thread.start();
  }

  /**
   * Adds a record to what waits.
   *
   * @return completes on the group's apply thread, or at once where it is refused
   * @throws IllegalArgumentException if the record is larger than a record may be
   */
  CompletableFuture<Answer> propose(Record record) {
    int size = record.getSerializedSize();
    if (size > RaftSettings.RECORD_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a record of "
              + size
              + " bytes; "
              + RaftSettings.RECORD_BYTES_MAX
              + " is the most that is taken");
    }
    if (!raft.leading()) {
      return CompletableFuture.failedFuture(raft.notLeader());
    }
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    lock.lock();
    try {
      if (ended != null) {
        return CompletableFuture.failedFuture(ended);
      }
      if (bytes + size > BYTES_MAX) {
        return CompletableFuture.failedFuture(
            new BusyException(
                bytes
                    + " bytes wait for the group "
                    + group
                    + " already, of at most "
                    + BYTES_MAX));
      }
      bytes += size;
      waiting.add(new Proposal(record, size, answer));
      work.signal();
      return answer;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses what waits: this node does not lead any more. What is on its way is answered by Raft.
   */
  void leadershipLost() {
    List<Proposal> refused;
    lock.lock();
    try {
      refused = List.copyOf(waiting);
      waiting.clear();
      refused.forEach(proposal -> bytes -= proposal.bytes());
    } finally {
      lock.unlock();
    }
    if (!refused.isEmpty()) {
      NotLeaderException reason = raft.notLeader();
      refused.forEach(proposal -> proposal.answer().completeExceptionally(reason));
    }
  }

  /** Refuses everything, now and later. */
  void end(Throwable reason) {
    List<Proposal> refused = new ArrayList<>();
    lock.lock();
    try {
      if (ended == null) {
        ended = reason;
      }
      refused.addAll(waiting);
      onTheirWay.forEach(entry -> refused.addAll(entry.proposals()));
      waiting.clear();
      work.signalAll();
    } finally {
      lock.unlock();
    }
    refused.forEach(proposal -> proposal.answer().completeExceptionally(reason));
  }

  @Override
  public void close() {
    end(raft.notLeader());
  }

  private void work() {
    for (List<Proposal> next = gather(); !next.isEmpty(); next = gather()) {
      lastStampMillis = Math.max(lastStampMillis, clock.millis());
      submit(new ProposedEntry(next, lastStampMillis));
    }
  }

  /** Waits for something to propose and for a place on the way; empty once ended. */
  private List<Proposal> gather() {
    lock.lock();
    try {
      while (ended == null && (waiting.isEmpty() || onTheirWay.size() >= WINDOW)) {
        work.awaitUninterruptibly();
      }
      List<Proposal> next = new ArrayList<>();
      long size = 0;
      for (Proposal head = waiting.peek();
          head != null && ended == null && next.size() < RaftSettings.ENTRY_RECORDS_MAX;
          head = waiting.peek()) {
        if (!next.isEmpty() && size + head.bytes() > RaftSettings.ENTRY_BYTES_MAX) {
          break;
        }
        size += head.bytes();
        next.add(waiting.remove());
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void submit(ProposedEntry entry) {
    lock.lock();
    try {
      onTheirWay.add(entry);
      if (ended != null) {
        entry.fail(ended);
      }
    } finally {
      lock.unlock();
    }
    CompletableFuture<@Nullable Void> done;
    try {
      done = raft.submit(entry);
    } catch (RuntimeException e) {
      done = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<@Nullable Void> _ = done.whenComplete((_, refusal) -> settle(entry, refusal));
  }

  private void settle(ProposedEntry entry, @Nullable Throwable refusal) {
    lock.lock();
    try {
      onTheirWay.remove(entry);
      entry.proposals().forEach(proposal -> bytes -= proposal.bytes());
      work.signal();
    } finally {
      lock.unlock();
    }
    if (refusal != null) {
      entry.fail(refusal);
    }
  }
}
