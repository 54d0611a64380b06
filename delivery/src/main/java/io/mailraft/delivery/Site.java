package io.mailraft.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The work that waits for one site in one zone, and the number of its connections. Guarded by its
 * zone's lock.
 */
final class Site {
  private final Map<String, ArrayDeque<Held>> waiting = new LinkedHashMap<>();
  private final ArrayDeque<Berth> idle = new ArrayDeque<>();
  private final String key;
  private Route.ToSite route;

  /** Connections being opened. */
  int opening;

  /** Connections that can take work or do. */
  int connected;

  /** Of those the ones on which a MAIL command was answered. */
  int proven;

  /** Whether it stands in its zone's row of sites with waiting work. */
  boolean queued;

  /** Until when no further connection is opened while there are others, by the monotonic clock. */
  long backoffUntilNanos = System.nanoTime();

  Site(Route.ToSite route) {
    this.key = route.key();
    this.route = route;
  }

  String key() {
    return key;
  }

  Route.ToSite route() {
    return route;
  }

  void route(Route.ToSite fresh) {
    route = fresh;
  }

  ArrayDeque<Berth> idle() {
    return idle;
  }

  int connections() {
    return opening + connected;
  }

  boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  void add(Held held) {
    waiting.computeIfAbsent(held.claim().messageId(), id -> new ArrayDeque<>(2)).add(held);
  }

  /** The claim that waits longest. */
  Held first() {
    return waiting.values().iterator().next().element();
  }

  /**
   * The next claims of one message; empty if nothing waits. What is left of the message keeps its
   * place.
   */
  List<Held> take(int recipientsMax) {
    var messages = waiting.values().iterator();
    if (!messages.hasNext()) {
      return List.of();
    }
    ArrayDeque<Held> message = messages.next();
    List<Held> taken = new ArrayList<>(Math.min(message.size(), recipientsMax));
    while (taken.size() < recipientsMax && !message.isEmpty()) {
      taken.add(message.remove());
    }
    if (message.isEmpty()) {
      messages.remove();
    }
    return taken;
  }

  /** Everything that waits. */
  List<Held> drain() {
    List<Held> all = new ArrayList<>();
    waiting.values().forEach(all::addAll);
    waiting.clear();
    return all;
  }

  /**
   * Whether another connection would help: more messages wait than connections are being opened. A
   * site starts with one and gets as many more as have shown that it works, so one that hangs never
   * takes many.
   */
  boolean wantsConnection(int connectionsMax, long nowNanos) {
    int unproven = connections() - proven;
    return waiting.size() > opening
        && connections() < connectionsMax
        && unproven < Math.max(1, proven)
        && (connections() == 0 || nowNanos - backoffUntilNanos >= 0);
  }
}
