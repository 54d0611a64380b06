package io.mailraft.queue;

import io.mailraft.queue.raft.Group;
import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The stream of events as one reader follows it. Used by one thread, and closed by it.
 *
 * <p>Of each shard at most one wait is open, and it is kept until it is over or the stream is
 * closed: a shard may be still for days. All of them wake the reader in the same way, so that a
 * look in vain leaves nothing behind.
 */
public final class EventStream implements AutoCloseable {
  private final History history;
  private final List<Group> groups;
  private final List<CompletableFuture<Position>> news = new ArrayList<>();

  /** Has permits where a wait has ended since the last look. */
  private final Semaphore wake = new Semaphore(0);

  private StreamPlace place;

  /** The shard that the next look begins with. */
  private int first;

  EventStream(History history, List<Group> groups, StreamPlace after) {
    this.history = history;
    this.groups = groups;
    this.place = after;
    // The first look comes before any wait.
    groups.forEach(_ -> news.add(CompletableFuture.completedFuture(Position.START)));
  }

  /**
   * The next part; empty where nothing came in time.
   *
   * @param limit most events
   * @param wait for how long
   * @throws QueueException if this node's replica stops
   */
  public StreamPage next(int limit, Duration wait) throws QueueException, InterruptedException {
    long end = System.nanoTime() + wait.toNanos();
    while (news.stream().noneMatch(CompletableFuture::isDone)) {
      if (!wake.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        return new StreamPage(List.of(), place, false, true);
      }
    }
    wake.drainPermits();
    for (CompletableFuture<Position> one : news) {
      if (one.isCompletedExceptionally()) {
        throw new QueueException(
            QueueException.Reason.STOPPING, "the replica stops", one.exceptionNow());
      }
    }
    // Before the look: what is applied during it is waited for, and found at once.
    List<Long> seen = groups.stream().map(group -> group.applied().index()).toList();
    StreamPage page = history.stream(place, limit, first);
    first = (first + 1) % groups.size();
    boolean whole = page.end().equals(place);
    place = page.end();
    for (int i = 0; i < news.size(); i++) {
      if (whole && news.get(i).isDone()) {
        CompletableFuture<Position> next = groups.get(i).awaitApplied(seen.get(i) + 1);
        var _ = next.whenComplete((_, _) -> wake.release());
        news.set(i, next);
      }
    }
    return page;
  }

  /** What hangs on the waits that are open. */
  int hanging() {
    return news.stream().mapToInt(CompletableFuture::getNumberOfDependents).sum();
  }

  /** Ends the waits: nothing of this reader stays behind. */
  @Override
  public void close() {
    news.forEach(one -> one.cancel(false));
  }
}
