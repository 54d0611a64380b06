package io.mailraft.queue;

import io.mailraft.queue.raft.Group;
import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The stream of events as one reader follows it. Used by one thread.
 *
 * <p>Of each shard at most one wait is open, and it is kept until it is over: a shard may be still
 * for days.
 */
public final class EventStream {
  private final History history;
  private final List<Group> groups;
  private final List<CompletableFuture<Position>> news = new ArrayList<>();
  private StreamPlace place;

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
    try {
      CompletableFuture.anyOf(news.toArray(CompletableFuture<?>[]::new))
          .get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return new StreamPage(List.of(), place, false, true);
    } catch (ExecutionException e) {
      throw new QueueException(QueueException.Reason.STOPPING, "the replica stops", e);
    }
    // Before the look: what is applied during it is waited for, and found at once.
    List<Long> seen = groups.stream().map(group -> group.applied().index()).toList();
    StreamPage page = history.stream(place, limit);
    boolean whole = page.end().equals(place);
    place = page.end();
    for (int i = 0; i < news.size(); i++) {
      if (whole && news.get(i).isDone()) {
        news.set(i, groups.get(i).awaitApplied(seen.get(i) + 1));
      }
    }
    return page;
  }
}
