package io.mailraft.delivery;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One counter of a slow rate with a burst of one: a send is there for a moment only, and the next
 * one a whole spacing later.
 */
final class FleetingSlots implements Throttling, AutoCloseable {
  private final long spacingNanos;
  private final long lifeNanos;
  private final long startNanos = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private long usedSlot = -1;
  private long taken;

  FleetingSlots(long spacingMillis, long lifeMillis) {
    this.spacingNanos = TimeUnit.MILLISECONDS.toNanos(spacingMillis);
    this.lifeNanos = TimeUnit.MILLISECONDS.toNanos(lifeMillis);
  }

  @Override
  public synchronized int take(List<String> counters, int most) {
    if (!ready(counters)) {
      return 0;
    }
    usedSlot = (System.nanoTime() - startNanos) / spacingNanos;
    taken++;
    return 1;
  }

  @Override
  public synchronized boolean ready(List<String> counters) {
    long passed = System.nanoTime() - startNanos;
    long slot = passed / spacingNanos;
    return slot != usedSlot && passed - slot * spacingNanos <= lifeNanos;
  }

  @Override
  public synchronized void await(List<String> counters, int sends, Runnable room) {
    long passed = System.nanoTime() - startNanos;
    long next = (passed / spacingNanos + 1) * spacingNanos;
    var _ = timer.schedule(room, next - passed, TimeUnit.NANOSECONDS);
  }

  synchronized long taken() {
    return taken;
  }

  @Override
  public boolean spent(String warmUpCounter) {
    return false;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
