package io.mailraft.delivery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Where sites of an engine wait for sends: one line for each list of counters, whatever the zones.
 * {@link Throttling} hears one question for each, since a second one would replace the first.
 * Thread-safe.
 */
final class SendLines {
  private final Throttling throttling;
  private final ScheduledExecutorService executor;
  private final Map<List<String>, SendLine> lines = new HashMap<>();

  /**
   * @param executor runs those whose turn it is; must not run them at once
   */
  SendLines(Throttling throttling, ScheduledExecutorService executor) {
    this.throttling = throttling;
    this.executor = executor;
  }

  /** A place at the line for these counters; to be closed. */
  synchronized SendLine.Place place(List<String> counters, Runnable turn) {
    SendLine line =
        lines.computeIfAbsent(counters, names -> new SendLine(names, throttling, executor));
    line.places++;
    return new SendLine.Place(line, turn);
  }

  /** Gives a place up. */
  void close(SendLine.Place place) {
    place.leave();
    synchronized (this) {
      SendLine line = place.line();
      line.places--;
      if (line.places == 0) {
        lines.remove(line.counters(), line);
      }
    }
  }

  /** Whether a warm-up has no sends left for the day. */
  boolean spent(String warmUpCounter) {
    return throttling.spent(warmUpCounter);
  }

  /** Lines that there are, for tests. */
  synchronized int size() {
    return lines.size();
  }
}
