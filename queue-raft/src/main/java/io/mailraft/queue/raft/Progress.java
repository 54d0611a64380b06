package io.mailraft.queue.raft;

import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How far a replica has applied its log, and who waits for it to go further. */
final class Progress {
  private final NavigableMap<Long, List<CompletableFuture<Position>>> waiters = new TreeMap<>();
  private Position applied = Position.START;
  private @Nullable Throwable ended;

  /** Last position applied. */
  synchronized Position applied() {
    return applied;
  }

  /**
   * Moves forward; a position behind the present one is ignored. Those who wait for it are not told
   * yet.
   */
  synchronized void advance(Position to) {
    if (to.index() > applied.index()) {
      applied = to;
    }
  }

  /** Completes those whose index is applied. */
  void tell() {
    List<CompletableFuture<Position>> reached = new ArrayList<>();
    Position at;
    synchronized (this) {
      at = applied;
      NavigableMap<Long, List<CompletableFuture<Position>>> due = waiters.headMap(at.index(), true);
      due.values().forEach(reached::addAll);
      due.clear();
    }
    reached.forEach(waiter -> waiter.complete(at));
  }

  /** Completes once the index is applied. Whoever cancels it waits no more, and is forgotten. */
  synchronized CompletableFuture<Position> await(long index) {
    if (index <= applied.index()) {
      return CompletableFuture.completedFuture(applied);
    }
    if (ended != null) {
      return CompletableFuture.failedFuture(ended);
    }
    CompletableFuture<Position> waiter = new CompletableFuture<>();
    waiters.computeIfAbsent(index, _ -> new ArrayList<>()).add(waiter);
    var _ =
        waiter.whenComplete(
            (_, trouble) -> {
              if (trouble instanceof CancellationException) {
                forgetCancelled(index);
              }
            });
    return waiter;
  }

  private synchronized void forgetCancelled(long index) {
    List<CompletableFuture<Position>> waiting = waiters.get(index);
    if (waiting != null) {
      waiting.removeIf(CompletableFuture::isCancelled);
      if (waiting.isEmpty()) {
        waiters.remove(index);
      }
    }
  }

  /** How many wait. */
  synchronized int waiting() {
    return waiters.values().stream().mapToInt(List::size).sum();
  }

  /** Goes no further: fails all who wait, and all who come later. */
  void end(Throwable reason) {
    List<CompletableFuture<Position>> failed = new ArrayList<>();
    synchronized (this) {
      if (ended == null) {
        ended = reason;
      }
      waiters.values().forEach(failed::addAll);
      waiters.clear();
    }
    failed.forEach(waiter -> waiter.completeExceptionally(reason));
  }
}
