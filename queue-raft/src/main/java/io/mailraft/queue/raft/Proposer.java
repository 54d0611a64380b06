package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.ProposedEntry.Proposal;
import java.time.Duration;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: gathers proposed records into log entries (DESIGN 4.3).
 *
 * <p>While no entry is on its way, what waits becomes the next one at once; otherwise it gathers
 * until that is done. So a lone record goes out alone, without a timer, and under load entries grow
 * by themselves to what one fsync takes. Once {@link #LARGE_BYTES} wait, as where large messages
 * come in, they follow at once, so that the log writes while apply does. Outcomes alone are
 * patient: nobody waits for them, so they ride along with the next entry that is made for another
 * reason, and get one of their own after {@link #PATIENCE}.
 *
 * <p>One thread at a time makes entries and hands them to Raft, which takes them in the order of
 * the calls, so the records of one caller keep their order. It is the caller's own thread where
 * mail comes in and the way is clear, which spares a lone message the wait for another thread to
 * wake; else the proposer's.
 */
final class Proposer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Proposer.class);

  /**
   * Entries on their way at once. With two and four whatever their size, measured beside one on one
   * node and on three with 1, 20 and 200 callers, there are more and smaller entries, which costs
   * more than the overlap gains.
   */
  private static final int WINDOW = 1;

  /** Entries on their way at once where what waits has at least {@link #LARGE_BYTES}. */
  private static final int WINDOW_OF_LARGE = 2;

  private static final int LARGE_BYTES = 512 << 10;

  /** Longest wait of a patient record for an entry to ride along with. */
  private static final Duration PATIENCE = Duration.ofMillis(5);

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
  private final ArrayDeque<Proposal> patient = new ArrayDeque<>();
  private final Set<ProposedEntry> onTheirWay = new HashSet<>();
  private final String group;
  private volatile Group.Companion companion = Group.Companion.NONE;
  private long patientSinceNanos;
  private boolean making;
  private long bytes;
  private long waitingBytes;
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

  /** Who adds to entries from here on. */
  void accompany(Group.Companion next) {
    companion = next;
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
    boolean here;
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
      Proposal proposal = new Proposal(record, size, answer);
      if (record.hasOutcomes()) {
        if (patient.isEmpty()) {
          patientSinceNanos = System.nanoTime();
        }
        patient.add(proposal);
      } else {
        waiting.add(proposal);
        waitingBytes += size;
      }
      here = record.hasStoreMessage() && wayIsClear();
      if (here) {
        making = true;
      } else {
        signalIfAnyWaits();
      }
    } finally {
      lock.unlock();
    }
    if (here) {
      make();
    }
    return answer;
  }

  /**
   * Refuses what waits: this node does not lead any more. What is on its way is answered by Raft.
   */
  void leadershipLost() {
    List<Proposal> refused = new ArrayList<>();
    lock.lock();
    try {
      refused.addAll(waiting);
      refused.addAll(patient);
      waiting.clear();
      waitingBytes = 0;
      patient.clear();
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
      refused.addAll(patient);
      onTheirWay.forEach(entry -> refused.addAll(entry.proposals()));
      waiting.clear();
      waitingBytes = 0;
      patient.clear();
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

  private void signalIfAnyWaits() {
    if (wayIsClear() && untilDueNanos() < Long.MAX_VALUE) {
      work.signal();
    }
  }

  private boolean wayIsClear() {
    return !making && onTheirWay.size() < (waitingBytes < LARGE_BYTES ? WINDOW : WINDOW_OF_LARGE);
  }

  /** Nanoseconds until something is to be proposed: none, or less, if that is now. */
  private long untilDueNanos() {
    if (!waiting.isEmpty()) {
      return 0;
    }
    return patient.isEmpty()
        ? Long.MAX_VALUE
        : patientSinceNanos + PATIENCE.toNanos() - System.nanoTime();
  }

  private void work() {
    while (awaitWork()) {
      make();
    }
  }

  /** Waits until this thread is to make entries; false once ended. */
  private boolean awaitWork() {
    lock.lock();
    try {
      while (ended == null) {
        long due = untilDueNanos();
        if (!wayIsClear() || due == Long.MAX_VALUE) {
          work.awaitUninterruptibly();
        } else if (due > 0) {
          var _ = work.awaitNanos(due);
        } else {
          making = true;
          return true;
        }
      }
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the proposer of " + group, e);
    } finally {
      lock.unlock();
    }
  }

  /** Makes one entry of what waits, if anything still does. */
  private void make() {
    try {
      List<Proposal> next = take();
      if (!next.isEmpty()) {
        make(next);
      }
    } finally {
      lock.lock();
      try {
        making = false;
        signalIfAnyWaits();
      } finally {
        lock.unlock();
      }
    }
  }

  private void make(List<Proposal> next) {
    ProposedEntry entry;
    try {
      join(next);
      lastStampMillis = Math.max(lastStampMillis, clock.millis());
      entry = new ProposedEntry(next, lastStampMillis);
    } catch (RuntimeException e) {
      LOG.error("an entry of the group {} was not made", group, e);
      refuse(next, e);
      return;
    }
    submit(entry);
  }

  private void refuse(List<Proposal> next, Throwable why) {
    lock.lock();
    try {
      next.forEach(proposal -> bytes -= proposal.bytes());
    } finally {
      lock.unlock();
    }
    next.forEach(proposal -> proposal.answer().completeExceptionally(why));
  }

  private List<Proposal> take() {
    lock.lock();
    try {
      List<Proposal> next = new ArrayList<>();
      if (ended == null) {
        // The patient ones first: however much mail waits, they are not put off again.
        long size = move(patient, next, 0);
        if (patient.isEmpty()) {
          waitingBytes -= move(waiting, next, size) - size;
        }
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private static long move(ArrayDeque<Proposal> from, List<Proposal> to, long size) {
    long sum = size;
    for (Proposal head = from.peek();
        head != null && to.size() < RaftSettings.ENTRY_RECORDS_MAX;
        head = from.peek()) {
      if (!to.isEmpty() && sum + head.bytes() > RaftSettings.ENTRY_BYTES_MAX) {
        break;
      }
      sum += head.bytes();
      to.add(from.remove());
    }
    return sum;
  }

  private void join(List<Proposal> entry) {
    if (entry.stream().mapToLong(Proposal::bytes).sum() > RaftSettings.RECORD_BYTES_MAX / 2) {
      return; // A record that fills an entry alone: with more, Raft might not take it.
    }
    List<Group.Added> added;
    try {
      added = companion.join(entry.stream().map(Proposal::record).toList());
    } catch (RuntimeException e) {
      LOG.error("nothing joins an entry of the group {}", group, e);
      return;
    }
    long size = 0;
    for (Group.Added one : added) {
      int own = one.record().getSerializedSize();
      size += own;
      entry.add(new Proposal(one.record(), own, one.answer()));
    }
    lock.lock();
    try {
      bytes += size;
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
      signalIfAnyWaits();
    } finally {
      lock.unlock();
    }
    if (refusal != null) {
      entry.fail(refusal);
    }
  }
}
