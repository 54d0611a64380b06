package io.mailraft.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The sites of one zone, and how they share its connections. Guarded by the zone's lock.
 *
 * <p>Sites with waiting work stand in a row and are served in turn. A connection counts from when
 * it is being opened until its socket is closed. While all are in use, one at a time leaves its
 * place to a site that has less than its share.
 */
final class SiteRow {
  private static final int TURN_TRANSACTIONS = 20;
  private static final int LOOK_MAX = 8;
  private static final long BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** What is to be done next about connections. */
  sealed interface Step {

    /** A connection to this site is to be opened; it is counted already. */
    record Open(Site site, boolean alone) implements Step {}

    /** This idle connection is to leave. */
    record Evict(Berth berth) implements Step {}

    /** Nothing. */
    record Wait() implements Step {}
  }

  private static final Step WAIT = new Step.Wait();

  private final Map<String, Site> sites = new HashMap<>();
  private final ArrayDeque<Site> row = new ArrayDeque<>();
  private final Set<Berth> idle = new LinkedHashSet<>();
  private int connectionsMax;
  private int connections;
  private int leaving;

  SiteRow(int connectionsMax) {
    this.connectionsMax = connectionsMax;
  }

  void connectionsMax(int most) {
    connectionsMax = most;
  }

  int connections() {
    return connections;
  }

  /** Adds work for a site. */
  Site add(Route.ToSite route, List<Held> work) {
    Site site = sites.computeIfAbsent(route.key(), key -> new Site(route));
    site.route(route);
    putBack(site, work);
    return site;
  }

  /** Adds work for a site that may have been forgotten meanwhile. */
  void putBack(Site site, List<Held> work) {
    sites.putIfAbsent(site.key(), site);
    work.forEach(site::add);
    if (!site.queued) {
      site.queued = true;
      row.add(site);
    }
  }

  /**
   * Takes a site without waiting work out of the row; forgets it if it has no connections either.
   */
  void tidy(Site site) {
    if (!site.hasWaiting()) {
      if (site.queued) {
        site.queued = false;
        row.remove(site);
      }
      if (site.connections() == 0) {
        sites.remove(site.key(), site);
      }
    }
  }

  /** Decides about the next connection. */
  Step next() {
    long now = System.nanoTime();
    for (int looked = 0; looked < row.size(); looked++) {
      if (connections >= connectionsMax && (idle.isEmpty() || leaving > 0)) {
        return WAIT;
      }
      Site site = row.remove();
      row.add(site);
      if (site.wantsConnection(connectionsMax(site), now)) {
        if (connections < connectionsMax) {
          boolean alone = site.connections() == 0;
          connections++;
          site.opening++;
          return new Step.Open(site, alone);
        }
        Berth oldest = idle.iterator().next();
        wake(oldest);
        depart(oldest);
        return new Step.Evict(oldest);
      }
    }
    return WAIT;
  }

  /** A site that anybody can name by a DNS record leaves a quarter of the connections to others. */
  private int connectionsMax(Site site) {
    return site.route().fixed() ? connectionsMax : Math.max(1, connectionsMax - connectionsMax / 4);
  }

  /** A connection that was being opened is open. */
  void docked(Site site) {
    site.opening--;
    site.connected++;
  }

  /** A connection that was being opened is not, for reasons of ours. */
  void dropped(Site site) {
    connections--;
    site.opening--;
  }

  /** No host of the site took a connection. While others of the site work, there is no hurry. */
  void missed(Site site) {
    dropped(site);
    if (site.connections() > 0) {
      site.backoffUntilNanos = System.nanoTime() + BACKOFF_NANOS;
    }
  }

  /** The connection waits for work. */
  void rest(Berth berth) {
    idle.add(berth);
    berth.site().idle().addLast(berth);
  }

  /** The connection does not wait any longer. */
  void wake(Berth berth) {
    idle.remove(berth);
    berth.site().idle().remove(berth);
  }

  void depart(Berth berth) {
    if (!berth.leaving) {
      berth.leaving = true;
      leaving++;
    }
  }

  /** All that wait for work; they are to leave. */
  List<Berth> dismiss() {
    List<Berth> all = List.copyOf(idle);
    for (Berth berth : all) {
      wake(berth);
      depart(berth);
    }
    return all;
  }

  /** The connection's socket is closed. */
  void gone(Berth berth) {
    Site site = berth.site();
    berth.gone = true;
    wake(berth);
    connections--;
    site.connected--;
    if (berth.proven) {
      site.proven--;
    }
    if (berth.leaving) {
      leaving--;
    }
    tidy(site);
  }

  /**
   * Whether a connection leaves its place to another site: where that has less than its share and
   * this one more, or where that has none and this connection has had its turn.
   */
  boolean givesWay(Berth berth) {
    if (connections < connectionsMax || leaving > 0 || row.isEmpty()) {
      return false;
    }
    Site site = berth.site();
    int share = Math.max(1, connectionsMax / row.size());
    long now = System.nanoTime();
    for (int i = Math.min(LOOK_MAX, row.size()); i > 0; i--) {
      Site other = row.remove();
      boolean gets =
          other != site
              && other.wantsConnection(connectionsMax(other), now)
              && (other.connections() == 0
                  ? site.connections() > share || berth.transactions >= TURN_TRANSACTIONS
                  : site.connections() > share && other.connections() < share);
      if (gets) {
        row.addFirst(other);
        return true;
      }
      row.addLast(other);
    }
    return false;
  }

  /** Everything that waits for any site. */
  List<Held> drain() {
    List<Held> waiting = new ArrayList<>();
    for (Site site : List.copyOf(sites.values())) {
      waiting.addAll(site.drain());
      tidy(site);
    }
    return waiting;
  }
}
