package io.mailraft.queue;

import io.mailraft.api.log.Record;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.link.DiskFullException;
import io.mailraft.queue.link.OlderNodeException;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.BusyException;
import io.mailraft.queue.raft.Group;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node's way to the leader of one group, wherever it is. A record is handed to the leader, and to
 * the next leader where that one is lost, until it is applied or its time is over. So a record may
 * be applied twice: each kind that goes this way is idempotent by what it says.
 */
final class GroupClient implements Group.Listener {
  private static final Duration RETRY = Duration.ofMillis(50);

  private final int number;
  private final Group group;
  private final Desk own;
  private final Map<String, ? extends Desk> others;
  private final ScheduledExecutorService timer;
  private final Set<Pending> pending = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param number 0 for the control group, n for shard n - 1
   * @param own this node's desk
   * @param others the other nodes' desks by node id
   * @param timer for retries; its threads must not be blocked
   */
  GroupClient(
      int number,
      Group group,
      Desk own,
      Map<String, ? extends Desk> others,
      ScheduledExecutorService timer) {
    this.number = number;
    this.group = group;
    this.own = own;
    this.others = others;
    this.timer = timer;
    group.onLeadership(this);
  }

  Group group() {
    return group;
  }

  /** The desk of the group's leader, where one is known. */
  Optional<Desk> leaderDesk() {
    if (group.leading()) {
      return Optional.of(own);
    }
    return group.leader().map(others::get);
  }

  /**
   * Hands a record to the leader.
   *
   * <p>Completes exceptionally with {@link QueueException}: {@code NO_MAJORITY} or {@code BUSY}
   * where the time is over, {@code DISK_FULL}, {@code INVALID} or {@code OLDER_NODE} (not every
   * node could apply it) where the record may not be proposed and is known to be stored nowhere
   * ({@code NO_MAJORITY} where an earlier attempt may have stored it), {@code STOPPING}.
   */
  CompletableFuture<Answer> submit(Record record, Duration timeout) {
    Pending next = new Pending(record, System.nanoTime() + timeout.toNanos());
    pending.add(next);
    var _ = next.answer.whenComplete((answer, trouble) -> pending.remove(next));
    if (closed) {
      next.answer.completeExceptionally(stopping());
      return next.answer;
    }
    next.attempt();
    return next.answer;
  }

  /**
   * Hands a record to the leader, and returns once this replica has applied what came of it.
   *
   * @throws QueueException if it is not known in time what came of it: it may still be applied
   */
  Answer decide(Record record, Duration timeout) throws QueueException {
    long end = System.nanoTime() + timeout.toNanos();
    try {
      Answer decided = submit(record, timeout).get();
      group
          .awaitApplied(decided.index())
          .get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      return decided;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueException(Reason.STOPPING, "interrupted", e);
    } catch (TimeoutException e) {
      throw new QueueException(
          Reason.NO_MAJORITY, "the cluster has decided, but this node has not heard of it yet", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof QueueException refused
          ? new QueueException(refused.reason(), String.valueOf(refused.getMessage()), e)
          : new QueueException(Reason.STOPPING, "this replica stopped: " + e.getCause(), e);
    }
  }

  private static QueueException stopping() {
    return new QueueException(Reason.STOPPING, "this node is stopping");
  }

  /** Ends what waits for longer than it may, whatever it waits for. Called every now and then. */
  void expire() {
    pending.forEach(Pending::expire);
  }

  /** Records that wait for their answer. */
  int waiting() {
    return pending.size();
  }

  void close() {
    closed = true;
    pending.forEach(waiting -> waiting.answer.completeExceptionally(stopping()));
  }

  @Override
  public void leading(long term) {
    pending.forEach(Pending::attempt);
  }

  @Override
  public void following(Optional<String> leader) {
    if (leader.isPresent()) {
      pending.forEach(Pending::attempt);
    }
  }

  /**
   * One record on its way. Attempts overlap where the leader changes before the last one was
   * answered.
   */
  private final class Pending {
    private final Record record;
    private final long deadlineNanos;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final AtomicBoolean timed = new AtomicBoolean();
    private volatile Optional<Throwable> last = Optional.empty();

    /** Attempts that have no answer yet. */
    private final AtomicInteger flying = new AtomicInteger();

    /** Whether an attempt has ended without an answer that says what became of the record. */
    private volatile boolean unknown;

    Pending(Record record, long deadlineNanos) {
      this.record = record;
      this.deadlineNanos = deadlineNanos;
    }

    void attempt() {
      if (answer.isDone()) {
        return;
      }
      if (System.nanoTime() - deadlineNanos >= 0) {
        giveUp();
        return;
      }
      send();
    }

    void expire() {
      if (System.nanoTime() - deadlineNanos >= 0) {
        giveUp();
      }
    }

    private void send() {
      Optional<Desk> desk = leaderDesk();
      if (desk.isEmpty()) {
        later();
        return;
      }
      flying.incrementAndGet();
      var _ =
          propose(desk.get())
              .whenComplete(
                  (value, trouble) -> {
                    if (trouble == null) {
                      answer.complete(value);
                      return;
                    }
                    refused(
                        trouble instanceof CompletionException e && e.getCause() != null
                            ? e.getCause()
                            : trouble);
                    // After it is known what this one leaves open, which another may ask.
                    flying.decrementAndGet();
                  });
    }

    private void refused(Throwable why) {
      last = Optional.of(why);
      switch (why) {
        case DiskFullException _ -> never(Reason.DISK_FULL, why);
        case OlderNodeException _ -> never(Reason.OLDER_NODE, why);
        case IllegalArgumentException _ -> never(Reason.INVALID, why);
        // It took nothing.
        case BusyException _ -> later();
        default -> {
          unknown = true;
          later();
        }
      }
    }

    /**
     * A leader does not take the record. That it is stored nowhere is known only if no other
     * attempt may have stored it.
     */
    private void never(Reason reason, Throwable why) {
      if (flying.get() > 1) {
        later(); // The other one's answer may come.
      } else {
        answer.completeExceptionally(
            new QueueException(
                unknown ? Reason.NO_MAJORITY : reason,
                why.getMessage() + (unknown ? "; an earlier attempt may have stored it" : ""),
                why));
      }
    }

    private CompletableFuture<Answer> propose(Desk desk) {
      try {
        return desk.propose(number, record);
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(new IllegalStateException(e));
      }
    }

    /** One retry waits at a time, however many attempts overlapped. */
    private void later() {
      if (closed) {
        answer.completeExceptionally(stopping());
        return;
      }
      if (timed.compareAndSet(false, true)) {
        try {
          var _ = timer.schedule(this::again, RETRY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
          answer.completeExceptionally(stopping());
        }
      }
    }

    private void again() {
      timed.set(false);
      attempt();
    }

    private void giveUp() {
      Throwable why = last.orElseGet(() -> new IllegalStateException("no leader is known"));
      Reason reason = why instanceof BusyException ? Reason.BUSY : Reason.NO_MAJORITY;
      answer.completeExceptionally(
          new QueueException(
              reason,
              group.name() + " did not apply the record in time: " + why.getMessage(),
              why));
    }
  }
}
