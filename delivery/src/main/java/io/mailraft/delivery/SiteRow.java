package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How the sites of one zone share its connections. Guarded by the zone's lock.
 *
 * <p>Sites that want a connection stand in a row and are served in turn. A site that wants none,
 * since it waits for sends, is at a limit of its own, or rests, is not in the row, however many
 * there are of that kind; it is put back when that has changed. A connection counts from when it is
 * being opened until its socket is closed. While all are in use, one at a time leaves its place to
 * a site that has less than its share.
 */
final class SiteRow {
  private static final int TURN_TRANSACTIONS = 20;
  private static final int LOOK_MAX = 8;
  private static final long HOLD_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** What is to be done next about connections. */
  sealed interface Step {

    /** A connection is to be opened; it is counted already. */
    record Open(Way way, Slip slip, boolean alone) implements Step {}

    /** This idle connection is to leave. */
    record Evict(Berth berth) implements Step {}

    /** Nothing. */
    record Wait() implements Step {}
  }

  private static final Step WAIT = new Step.Wait();

  private final Sites sites;
  private final ConnectionLimits limits;
  private final LinkedHashSet<Site> row = new LinkedHashSet<>();
  private final Set<Berth> idle = new LinkedHashSet<>();
  private int connectionsMax;
  private int connections;
  private int leaving;
  private int competing;

  SiteRow(Sites sites, ConnectionLimits limits, int connectionsMax) {
    this.sites = sites;
    this.limits = limits;
    this.connectionsMax = connectionsMax;
  }

  void connectionsMax(int most) {
    connectionsMax = most;
  }

  int connectionsMax() {
    return connectionsMax;
  }

  int connections() {
    return connections;
  }

  /** Whether more connections are in use than the zone has. */
  boolean over() {
    return connections - leaving > connectionsMax;
  }

  /** Whether all of the zone's connections are in use. */
  boolean full() {
    return connections >= connectionsMax;
  }

  /**
   * Puts a site into the row if it may want a connection. To be called whenever something has
   * changed for it.
   */
  void update(Site site) {
    boolean waits = site.hasWaiting();
    compete(site, waits);
    if (!waits) {
      sites.settle(site);
    } else if (!site.queued && !site.dissolved) {
      site.queued = true;
      row.add(site);
    }
  }

  /** Takes a site without waiting work out of the row; forgets it if it has nothing else either. */
  void tidy(Site site) {
    if (!site.hasWaiting()) {
      compete(site, false);
      if (site.queued) {
        site.queued = false;
        row.remove(site);
      }
      sites.settle(site);
      if (site.connections() == 0 && site.portions().isEmpty() && !site.pace().inForce()) {
        sites.forget(site);
      }
    }
  }

  private void compete(Site site, boolean competes) {
    if (site.competes != competes) {
      site.competes = competes;
      competing += competes ? 1 : -1;
    }
  }

  /** Decides about the next connection. Each look at a site that wants none is its last for now. */
  Step next() {
    long now = System.nanoTime();
    while (!row.isEmpty()) {
      if (connections >= connectionsMax && (idle.isEmpty() || leaving >= leavingMax())) {
        return WAIT;
      }
      Site site = row.removeFirst();
      Optional<Way> way = sites.choose(site, connectionsMax(site), spare(), now);
      if (way.isEmpty()) {
        site.queued = false;
        // It has all that it can use, or waits for something else.
        compete(site, site.connections() > 0);
      } else if (connections >= connectionsMax) {
        row.addFirst(site);
        return evict(idle.iterator().next());
      } else if (site.connections() >= connectionsMax(site)) {
        // It comes back into the row when the one that leaves has gone.
        site.queued = false;
        if (site.leaving == 0) {
          return evict(idleOf(site));
        }
      } else {
        row.addLast(site);
        Optional<Slip> slip = sites.enter(way.get(), now);
        if (slip.isPresent()) {
          return open(site, way.get(), slip.get());
        }
      }
    }
    return WAIT;
  }

  /**
   * Whether a connection may be opened ahead of sends that are still to come: not so many that one
   * for sends that are there would have to wait for another's end.
   */
  private boolean spare() {
    return connections < Math.max(1, connectionsMax - connectionsMax / 4);
  }

  /** Idle connections that may leave at a time: one for each site in the row, and not too many. */
  private int leavingMax() {
    return Math.min(row.size(), Math.max(1, connectionsMax / 4));
  }

  private Step evict(Berth berth) {
    wake(berth);
    depart(berth);
    return new Step.Evict(berth);
  }

  private static Berth idleOf(Site site) {
    return site.ways().values().stream()
        .filter(way -> !way.idle().isEmpty())
        .findFirst()
        .orElseThrow()
        .idle()
        .getFirst();
  }

  private Step open(Site site, Way way, Slip slip) {
    boolean alone = way.connections() == 0;
    connections++;
    way.source().connections++;
    way.opening++;
    site.opening++;
    return new Step.Open(way, slip, alone);
  }

  /** Whether the site would get another connection if the zone had one. */
  boolean wantsMore(Site site, long nowNanos) {
    return sites.wantsMore(site, connectionsMax(site), nowNanos);
  }

  /** A site that anybody can name by a DNS record leaves a quarter of the connections to others. */
  private int connectionsMax(Site site) {
    return site.route().fixed() ? connectionsMax : Math.max(1, connectionsMax - connectionsMax / 4);
  }

  /** A connection that was being opened is open. */
  void docked(Way way) {
    way.opening--;
    way.connected++;
    way.site().opening--;
    way.site().connected++;
    way.site().misses = 0;
    way.site().hold = Optional.empty();
  }

  /** A connection that was being opened is not, for reasons of ours. */
  void dropped(Way way, Slip slip) {
    connections--;
    way.source().connections--;
    way.opening--;
    way.site().opening--;
    sites.leave(way, slip);
  }

  /** The same since no host took it, while others of the way work: there is no hurry. */
  void hold(Way way, long nowNanos) {
    way.holdUntilNanos = nowNanos + HOLD_NANOS;
  }

  /** The connection waits for work. */
  void rest(Berth berth) {
    idle.add(berth);
    berth.way().idle().addLast(berth);
    if (!berth.slip().caps().isEmpty()) {
      limits.idle(berth.slip().caps(), berth);
    }
  }

  /** Whether the connection waits for work. */
  boolean rests(Berth berth) {
    return idle.contains(berth);
  }

  /** The connection does not wait any longer. */
  void wake(Berth berth) {
    if (idle.remove(berth)) {
      berth.way().idle().remove(berth);
      if (!berth.slip().caps().isEmpty()) {
        limits.busy(berth.slip().caps(), berth);
      }
    }
  }

  void depart(Berth berth) {
    if (!berth.leaving) {
      berth.leaving = true;
      berth.site().leaving++;
      leaving++;
    }
  }

  /** Those that wait for work; they are to leave. */
  List<Berth> dismiss(Iterable<Berth> some) {
    List<Berth> all = new ArrayList<>();
    some.forEach(all::add);
    for (Berth berth : all) {
      wake(berth);
      depart(berth);
    }
    return all;
  }

  /** All that wait for work. */
  Iterable<Berth> idle() {
    return idle;
  }

  /** Those that wait for work and are more than the zone may have, the oldest first. */
  List<Berth> surplus() {
    List<Berth> some = new ArrayList<>();
    Iterator<Berth> oldest = idle.iterator();
    int most = connections - leaving - connectionsMax;
    while (some.size() < most && oldest.hasNext()) {
      some.add(oldest.next());
    }
    return some;
  }

  /** The connection's socket is closed. */
  void gone(Berth berth) {
    Way way = berth.way();
    Site site = way.site();
    berth.gone = true;
    wake(berth);
    connections--;
    way.source().connections--;
    way.connected--;
    site.connected--;
    if (berth.proven) {
      site.proven--;
    }
    if (berth.leaving) {
      site.leaving--;
      leaving--;
    }
    sites.leave(way, berth.slip());
    tidy(site);
  }

  /**
   * Whether a connection leaves its place to another site: where that has less than its share and
   * this one more, or where that has none and this connection has had its turn. Under a connection
   * limit of the throttles it leaves after its turn to whoever waits there.
   */
  boolean givesWay(Berth berth) {
    boolean hadTurn = berth.transactions >= TURN_TRANSACTIONS;
    if (!berth.slip().caps().isEmpty()
        && (limits.excess(berth.way().terms.caps()) > 0
            || (hadTurn && limits.wanted(berth.slip().caps(), berth.way())))) {
      return true;
    }
    if (connections < connectionsMax || leaving > 0 || row.isEmpty()) {
      return false;
    }
    Site site = berth.site();
    int share = Math.max(1, connectionsMax / Math.max(1, competing));
    long now = System.nanoTime();
    for (int i = Math.min(LOOK_MAX, row.size()); i > 0; i--) {
      Site other = row.removeFirst();
      boolean wants =
          other != site && sites.choose(other, connectionsMax(other), false, now).isPresent();
      boolean gets =
          wants
              && (other.connections() == 0
                  ? site.connections() > share || hadTurn
                  : site.connections() > share && other.connections() < share);
      if (gets) {
        row.addFirst(other);
        return true;
      }
      if (wants || other == site) {
        row.addLast(other);
      } else {
        other.queued = false;
        compete(other, other.connections() > 0);
      }
    }
    return false;
  }
}
