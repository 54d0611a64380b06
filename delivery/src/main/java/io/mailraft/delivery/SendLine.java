package io.mailraft.delivery;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The line of those who wait for sends under the same counters. Thread-safe; its lock is taken
 * under zones' locks, and none but that of {@link Throttling} is taken under it.
 *
 * <pre>
 *   open -nothing is left after a take, or before a connection is opened-> shut, room is asked for
 *   shut -room-> open; those who wait are called one after the other
 * </pre>
 *
 * <p>It begins shut where nothing is there. While it is shut nobody takes, so that no connection is
 * opened and nobody polls. As many are called at a time as seem to find something: one more for
 * each that got all it asked for, half where one did not, once until there is room again. So
 * neither do slots pass unused while a site opens a connection, nor do ten thousand sites open
 * connections for one slot. Who is called has a while to take before the next is called in its
 * place.
 */
final class SendLine {
  private static final Logger LOG = LoggerFactory.getLogger(SendLine.class);
  private static final int CALLED_FIRST = 4;
  private static final int CALLED_MAX = 256;
  private static final long CALL_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long ASKED_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

  private final List<String> counters;
  private final Throttling throttling;
  private final ScheduledExecutorService executor;
  private final LinkedHashSet<Place> waiting = new LinkedHashSet<>();
  private final Map<Place, Long> called = new LinkedHashMap<>();
  private volatile boolean shut;
  private int claims;
  private int asked;
  private long askedNanos;
  private int calledMax = CALLED_FIRST;
  private boolean halved;
  private boolean watched;

  /** Places that there are; guarded by {@link SendLines}. */
  int places;

  SendLine(List<String> counters, Throttling throttling, ScheduledExecutorService executor) {
    this.counters = counters;
    this.throttling = throttling;
    this.executor = executor;
    this.shut = !throttling.ready(counters);
  }

  List<String> counters() {
    return counters;
  }

  /** A site's place, in the line or beside it. */
  static final class Place {
    private final SendLine line;
    private final Runnable turn;
    private volatile boolean waits;
    private volatile long sinceNanos;
    private boolean served;
    private int claims;

    Place(SendLine line, Runnable turn) {
      this.line = line;
      this.turn = turn;
    }

    SendLine line() {
      return line;
    }

    /** Whether there is nothing to be had for it now. */
    boolean blocked() {
      return line.shut || waits;
    }

    /** Whether there is something to be had for it: looked at anew before it costs a connection. */
    boolean ready() {
      return !blocked() && line.ready();
    }

    /** Whether it stands in the line. */
    boolean waits() {
      return waits;
    }

    /** Since when it stands in the line, by the monotonic clock. */
    long sinceNanos() {
      return sinceNanos;
    }

    /**
     * Takes the right to start sends at once.
     *
     * @param fresh whether this is the first use of a connection that was opened for it; others do
     *     not go before those who wait
     * @return 0 to most
     */
    int take(int most, boolean fresh) {
      return line.take(this, most, fresh);
    }

    /** Waits for its turn, or goes on waiting. */
    void await(int claims) {
      line.await(this, claims);
    }

    /** Cannot use its turn at once; others may have theirs. */
    void pass() {
      line.pass(this);
    }

    /** Waits for nothing any more. */
    void leave() {
      line.leave(this);
    }
  }

  private synchronized int take(Place place, int most, boolean fresh) {
    boolean wasCalled = called.remove(place) != null;
    if (shut) {
      if (wasCalled) {
        halve();
      }
      return 0;
    }
    if (!place.served && !fresh && !waiting.isEmpty()) {
      return 0;
    }
    int given = throttling.take(counters, most);
    if (given < 0 || given > most) {
      throw new IllegalStateException(given + " sends were given for " + most);
    }
    if (given < most) {
      shut = true;
      halve();
    } else {
      if (wasCalled) {
        calledMax = Math.min(CALLED_MAX, calledMax + 1);
      }
      if (ready()) {
        call();
      }
    }
    return given;
  }

  private void halve() {
    if (!halved) {
      halved = true;
      calledMax = Math.max(1, calledMax / 2);
    }
  }

  private synchronized boolean ready() {
    if (!shut && !throttling.ready(counters)) {
      shut = true;
      if (!waiting.isEmpty()) {
        ask();
      }
    }
    return !shut;
  }

  private synchronized void await(Place place, int most) {
    place.served = false;
    called.remove(place);
    if (waiting.add(place)) {
      place.sinceNanos = System.nanoTime();
      place.waits = true;
    } else {
      claims -= place.claims;
    }
    place.claims = Math.max(1, most);
    claims += place.claims;
    if (shut) {
      ask();
    } else {
      call();
    }
  }

  /** Asks for room, again if there is more to ask for or nothing has come for long. */
  private void ask() {
    long now = System.nanoTime();
    if (asked == 0 || claims >= 2 * asked || now - askedNanos >= ASKED_NANOS_MAX) {
      asked = claims;
      askedNanos = now;
      throttling.await(counters, claims, this::room);
    }
  }

  private synchronized void room() {
    shut = false;
    halved = false;
    asked = 0;
    call();
  }

  private synchronized void pass(Place place) {
    if (called.remove(place) != null) {
      call();
    }
  }

  private synchronized void leave(Place place) {
    place.served = false;
    if (waiting.remove(place)) {
      place.waits = false;
      claims -= place.claims;
    }
    if (called.remove(place) != null) {
      call();
    }
  }

  private void call() {
    if (waiting.isEmpty() || shut) {
      return;
    }
    long now = System.nanoTime();
    called.values().removeIf(since -> now - since >= CALL_NANOS);
    ArrayDeque<Place> next = new ArrayDeque<>();
    while (called.size() < calledMax && !waiting.isEmpty()) {
      Place place = waiting.removeFirst();
      place.waits = false;
      place.served = true;
      claims -= place.claims;
      called.put(place, now);
      next.add(place);
    }
    try {
      next.forEach(place -> executor.execute(place.turn));
      if (!waiting.isEmpty() && !watched) {
        // Whoever was called may never come.
        watched = true;
        var _ = executor.schedule(this::watch, CALL_NANOS, TimeUnit.NANOSECONDS);
      }
    } catch (RejectedExecutionException e) {
      LOG.trace("stopping", e);
    }
  }

  private synchronized void watch() {
    watched = false;
    call();
  }
}
