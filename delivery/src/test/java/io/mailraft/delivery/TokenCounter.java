package io.mailraft.delivery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Counters that fill evenly up to a burst: what the cluster's throttles are to one node, by this
 * machine's clock. A counter that it was not told of is an error.
 */
final class TokenCounter implements Throttling, AutoCloseable {
  private static final class Bucket {
    private final double perNano;
    private final double burst;
    private double tokens;
    private long filledNanos = System.nanoTime();

    private Bucket(double perSecond, int burst) {
      this.perNano = perSecond / 1e9;
      this.burst = burst;
      this.tokens = burst;
    }

    private void fill(long now) {
      tokens = Math.min(burst, tokens + (now - filledNanos) * perNano);
      filledNanos = now;
    }
  }

  private final Map<String, Bucket> buckets = new HashMap<>();
  private final Map<List<String>, Runnable> waiting = new HashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private long taken;
  private long takes;
  private long awaits;
  private int asked;

  /** Adds a counter, full. */
  synchronized TokenCounter counter(String name, double perSecond, int burst) {
    buckets.put(name, new Bucket(perSecond, burst));
    return this;
  }

  @Override
  public synchronized int take(List<String> counters, int most) {
    if (most < 1) {
      throw new IllegalArgumentException("nothing is asked for");
    }
    takes++;
    long now = System.nanoTime();
    int given = most;
    for (String counter : counters) {
      Bucket bucket = bucket(counter);
      bucket.fill(now);
      given = Math.min(given, (int) bucket.tokens);
    }
    for (String counter : counters) {
      bucket(counter).tokens -= given;
    }
    taken += given;
    return given;
  }

  @Override
  public synchronized boolean ready(List<String> counters) {
    long now = System.nanoTime();
    return counters.stream()
        .map(this::bucket)
        .allMatch(
            bucket -> {
              bucket.fill(now);
              return bucket.tokens >= 1;
            });
  }

  private Bucket bucket(String name) {
    Bucket bucket = buckets.get(name);
    if (bucket == null) {
      throw new IllegalStateException("no rate is known for " + name);
    }
    return bucket;
  }

  @Override
  public synchronized void await(List<String> counters, int sends, Runnable room) {
    if (sends < 1) {
      throw new IllegalArgumentException("nobody waits");
    }
    awaits++;
    asked = sends;
    waiting.put(counters, room);
    double nanos = 0;
    long now = System.nanoTime();
    for (String counter : counters) {
      Bucket bucket = bucket(counter);
      bucket.fill(now);
      nanos = Math.max(nanos, (1 - bucket.tokens) / bucket.perNano);
    }
    var _ =
        timer.schedule(
            () -> call(counters, room), (long) Math.ceil(nanos) + 1, TimeUnit.NANOSECONDS);
  }

  private void call(List<String> counters, Runnable room) {
    boolean current;
    synchronized (this) {
      current = waiting.remove(counters, room);
    }
    if (current) {
      room.run();
    }
  }

  /** Sends that were given. */
  synchronized long taken() {
    return taken;
  }

  /** Times that sends were asked for. */
  synchronized long takes() {
    return takes;
  }

  /** Times that room was asked for. */
  synchronized long awaits() {
    return awaits;
  }

  /** How many it was last said to be waiting. */
  synchronized int asked() {
    return asked;
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
