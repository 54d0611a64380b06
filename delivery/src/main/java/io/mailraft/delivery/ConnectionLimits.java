package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The connections of an engine under each connection limit of the throttles, whatever their zones
 * and sites. Thread-safe; its lock is taken under zones' locks and none is taken under it.
 *
 * <p>Whoever finds a limit full stands in line at that one limit, and only there, so that waiting
 * for one never keeps another's place free. A place that becomes free is offered to the first in
 * the line, who has a second to take it. While somebody stands in line, idle connections under the
 * limit leave.
 */
final class ConnectionLimits {
  private static final long OFFER_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Who may want a connection. Called on a thread of its own, without locks. */
  interface Claimant {
    /** There may be room. */
    void roomForConnection();
  }

  /** A connection under limits that can be asked to leave while it is idle. */
  interface Holder {
    /** Leaves if it is idle. Called on a thread of its own, without locks. */
    void yieldIfIdle();
  }

  private static final class Counted {
    private int open;
    private final LinkedHashSet<Claimant> line = new LinkedHashSet<>();
    private final LinkedHashSet<Holder> idle = new LinkedHashSet<>();
    private Optional<Claimant> offered = Optional.empty();
    private long offerEndsNanos;

    private boolean unused() {
      return open == 0 && line.isEmpty() && idle.isEmpty() && offered.isEmpty();
    }

    /** Whether one more fits, the place that is kept for another left aside. */
    private boolean room(int limit, Claimant claimant, long now) {
      boolean kept =
          offered.isPresent() && !offered.get().equals(claimant) && now - offerEndsNanos < 0;
      return open + (kept ? 1 : 0) < limit;
    }
  }

  private final Executor executor;
  private final Map<String, Counted> counters = new HashMap<>();
  private final Map<Claimant, String> waiting = new HashMap<>();

  /**
   * @param executor runs claimants and holders; must not run them at once
   */
  ConnectionLimits(Executor executor) {
    this.executor = executor;
  }

  /**
   * Counts one more connection under all limits. Where one is full, nothing is counted, and the
   * claimant stands in line there.
   *
   * @return the name of the full limit; empty if it was counted
   */
  synchronized Optional<String> enter(List<Terms.Cap> caps, Claimant claimant) {
    long now = System.nanoTime();
    for (Terms.Cap cap : caps) {
      Counted counted = counters.computeIfAbsent(cap.counter(), name -> new Counted());
      if (!counted.room(cap.limit(), claimant, now)) {
        stand(cap.counter(), counted, claimant);
        return Optional.of(cap.counter());
      }
    }
    for (Terms.Cap cap : caps) {
      counters.computeIfAbsent(cap.counter(), name -> new Counted()).open++;
    }
    withdraw(claimant);
    return Optional.empty();
  }

  private void stand(String counter, Counted counted, Claimant claimant) {
    if (!counter.equals(waiting.get(claimant))) {
      withdraw(claimant);
      waiting.put(claimant, counter);
    }
    if (counted.line.add(claimant) && !counted.idle.isEmpty()) {
      Holder oldest = counted.idle.removeFirst();
      executor.execute(oldest::yieldIfIdle);
    }
  }

  /** The claimant needs no connection, for now. */
  synchronized void withdraw(Claimant claimant) {
    String counter = waiting.remove(claimant);
    if (counter != null) {
      Counted counted = counters.get(counter);
      if (counted != null) {
        counted.line.remove(claimant);
        if (counted.offered.filter(claimant::equals).isPresent()) {
          counted.offered = Optional.empty();
          offer(counted);
        }
        forget(counter, counted);
      }
    }
  }

  /** A connection that was counted is closed. */
  synchronized void leave(List<Terms.Cap> caps) {
    for (Terms.Cap cap : caps) {
      Counted counted = counters.get(cap.counter());
      if (counted != null) {
        counted.open--;
        offer(counted);
        forget(cap.counter(), counted);
      }
    }
  }

  /** A connection counts under other limits from here on, full or not. */
  synchronized void recount(List<Terms.Cap> before, List<Terms.Cap> after) {
    for (Terms.Cap cap : after) {
      counters.computeIfAbsent(cap.counter(), name -> new Counted()).open++;
    }
    leave(before);
  }

  private void offer(Counted counted) {
    long now = System.nanoTime();
    boolean free = counted.offered.isEmpty() || now - counted.offerEndsNanos >= 0;
    if (free && !counted.line.isEmpty()) {
      Claimant first = counted.line.removeFirst();
      counted.offered = Optional.of(first);
      counted.offerEndsNanos = now + OFFER_NANOS;
      executor.execute(first::roomForConnection);
    }
  }

  private void forget(String counter, Counted counted) {
    if (counted.unused()) {
      counters.remove(counter);
    }
  }

  /** A counted connection waits for work. */
  synchronized void idle(List<Terms.Cap> caps, Holder holder) {
    for (Terms.Cap cap : caps) {
      Counted counted = counters.get(cap.counter());
      if (counted != null) {
        counted.idle.add(holder);
      }
    }
  }

  /** It does not wait any longer. */
  synchronized void busy(List<Terms.Cap> caps, Holder holder) {
    for (Terms.Cap cap : caps) {
      Counted counted = counters.get(cap.counter());
      if (counted != null) {
        counted.idle.remove(holder);
        forget(cap.counter(), counted);
      }
    }
  }

  /** By how many more are counted under one of the limits than it allows; 0 at least. */
  synchronized int excess(List<Terms.Cap> caps) {
    int excess = 0;
    for (Terms.Cap cap : caps) {
      Counted counted = counters.get(cap.counter());
      if (counted != null) {
        excess = Math.max(excess, counted.open - cap.limit());
      }
    }
    return excess;
  }

  /** Whether somebody else stands in line at one of the limits. */
  synchronized boolean wanted(List<Terms.Cap> caps, Claimant self) {
    for (Terms.Cap cap : caps) {
      Counted counted = counters.get(cap.counter());
      if (counted != null && counted.line.size() > (counted.line.contains(self) ? 1 : 0)) {
        return true;
      }
    }
    return false;
  }

  /** Connections counted under a limit. */
  synchronized int open(String counter) {
    Counted counted = counters.get(counter);
    return counted == null ? 0 : counted.open;
  }

  /** Connections counted, by the names of the limits that have any. */
  synchronized Map<String, Integer> open() {
    Map<String, Integer> open = new HashMap<>();
    counters.forEach(
        (name, counted) -> {
          if (counted.open > 0) {
            open.put(name, counted.open);
          }
        });
    return open;
  }

  /** The names of all limits that anything is known of, for tests. */
  synchronized List<String> known() {
    return new ArrayList<>(counters.keySet());
  }
}
