package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * When the sites of a zone are to be looked at next, however many there are: a heap and one timer.
 * Guarded by the zone's lock.
 */
final class Agenda {
  /** So many sites are looked at in one go, under one hold of the lock. */
  static final int GO_MAX = 256;

  private record Item(long atNanos, Site site) {}

  private record Timer(long atNanos, Future<?> future) {}

  private final ScheduledExecutorService executor;
  private final Runnable due;
  private final PriorityQueue<Item> items =
      new PriorityQueue<>((a, b) -> Long.signum(a.atNanos() - b.atNanos()));
  private Optional<Timer> timer = Optional.empty();
  private boolean closed;

  /**
   * @param due called when something is due; takes the zone's lock and calls {@link #take}
   */
  Agenda(ScheduledExecutorService executor, Runnable due) {
    this.executor = executor;
    this.due = due;
  }

  /** Looks at a site at that time, by the monotonic clock, unless it is to be sooner already. */
  void at(Site site, long atNanos) {
    if (closed || (site.reviewNanos.isPresent() && site.reviewNanos.get() - atNanos <= 0)) {
      return;
    }
    site.reviewNanos = Optional.of(atNanos);
    items.add(new Item(atNanos, site));
    arm();
  }

  private void arm() {
    Item first = items.peek();
    if (first == null || (timer.isPresent() && timer.get().atNanos() - first.atNanos() <= 0)) {
      return;
    }
    disarm();
    long nanos = Math.max(0, first.atNanos() - System.nanoTime());
    timer =
        Optional.of(
            new Timer(first.atNanos(), executor.schedule(due, nanos, TimeUnit.NANOSECONDS)));
  }

  private void disarm() {
    timer.ifPresent(last -> last.future().cancel(false));
    timer = Optional.empty();
  }

  /** Sites that are due, some at a time; the rest is due at once again. */
  List<Site> take(long nowNanos) {
    disarm();
    List<Site> sites = new ArrayList<>();
    while (sites.size() < GO_MAX && !items.isEmpty() && nowNanos - items.element().atNanos() >= 0) {
      Item item = items.remove();
      // Another time was set since: this one is void.
      if (item.site().reviewNanos.filter(at -> at == item.atNanos()).isPresent()) {
        item.site().reviewNanos = Optional.empty();
        sites.add(item.site());
      }
    }
    if (!closed) {
      arm();
    }
    return sites;
  }

  /** Sites that are to be looked at, and times that are void. */
  int size() {
    return items.size();
  }

  /** Looks at nothing any more. */
  void close() {
    closed = true;
    items.clear();
    disarm();
  }
}
