package io.mailraft.delivery;

import io.mailraft.config.Throttle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The work that waits for one site in one zone, its ways there, and the number of its connections.
 * Guarded by its zone's lock.
 */
final class Site {
  /** Where a site's connections begin and end. Called on threads of their own, without locks. */
  interface Port {
    /** A connection limit may have room. */
    void roomForConnection(Way way);

    /** The connection leaves if it is idle. */
    void yieldIfIdle(Berth berth);

    /** It is the site's turn to take sends. */
    void turn(Site site);
  }

  /**
   * A time in which no connection is opened.
   *
   * @param untilNanos its end, by the monotonic clock
   * @param whole whether it holds where the site has no connection, too
   * @param reason why the last attempt at a connection led nowhere
   */
  record Hold(long untilNanos, boolean whole, Reply reason) {}

  private final Port port;
  private final String name;
  private final Waiting shared = new Waiting();
  private final Map<Source, Way> ways = new LinkedHashMap<>(2);
  private final Map<List<String>, SendLine.Place> places = new HashMap<>(2);
  private final Set<Portion> portions = new LinkedHashSet<>();
  private final Pace pace = new Pace();
  private SiteKey key;
  private Route.ToSite route;
  private List<Throttle> binding;

  /** Connections being opened. */
  int opening;

  /** Connections that can take work or do. */
  int connected;

  /** Of those the ones on which a MAIL command was answered. */
  int proven;

  /** Of those the ones that take no more work. */
  int leaving;

  /** Attempts at a connection that reached no host since one succeeded. */
  int misses;

  /** Whether it stands in its zone's row of sites that want a connection. */
  boolean queued;

  /** Whether it counts among the sites that share the zone's connections. */
  boolean competes;

  /** Whether another site has taken its place: its connections leave. */
  boolean dissolved;

  /** Until when it keeps to its own slower pace, by the monotonic clock. */
  Optional<Long> pausedUntilNanos = Optional.empty();

  /** Why and for how long no further connection is opened; empty if one may be. */
  Optional<Hold> hold = Optional.empty();

  /** When it is to be looked at next. */
  Optional<Long> reviewNanos = Optional.empty();

  /** When it was last seen to be held back by something of its own. */
  Optional<Long> heldBackNanos = Optional.empty();

  /** How often in a row nothing had changed when it was looked at. */
  int quietReviews;

  /** When its domains were last told what they may hold. */
  long rationedNanos;

  Site(Port port, SiteKey key, Route.ToSite route, List<Throttle> binding) {
    this.port = port;
    this.key = key;
    this.route = route;
    this.binding = binding;
    this.name = route.siteName();
    this.rationedNanos = System.nanoTime() - Rationing.SOON_NANOS;
  }

  Port port() {
    return port;
  }

  SiteKey key() {
    return key;
  }

  /** What counters call it. */
  String name() {
    return name;
  }

  Route.ToSite route() {
    return route;
  }

  void route(Route.ToSite fresh) {
    route = fresh;
  }

  /** The throttles that bind it. */
  List<Throttle> binding() {
    return binding;
  }

  /** Is bound otherwise from here on. */
  void bind(SiteKey fresh, List<Throttle> throttles) {
    key = fresh;
    binding = throttles;
  }

  /** Claims that may go any way. */
  Waiting shared() {
    return shared;
  }

  Map<Source, Way> ways() {
    return ways;
  }

  /** Its places where sends are waited for, by counters. */
  Map<List<String>, SendLine.Place> places() {
    return places;
  }

  /** The domains whose claims go here. */
  Set<Portion> portions() {
    return portions;
  }

  Pace pace() {
    return pace;
  }

  int connections() {
    return opening + connected;
  }

  /** Connections that have something to do, or are being opened. */
  int busy() {
    int busy = connections();
    for (Way way : ways.values()) {
      busy -= way.idle().size();
    }
    return busy;
  }

  /**
   * Connections that still have to show that the site works. One that waits for work for a source
   * has done all that was asked of it, and is in no other source's way.
   */
  int unproven() {
    int unproven = connections() - proven;
    for (Way way : ways.values()) {
      for (Berth berth : way.idle()) {
        unproven -= berth.proven ? 0 : 1;
      }
    }
    return unproven;
  }

  boolean hasWaiting() {
    if (!shared.isEmpty()) {
      return true;
    }
    for (Way way : ways.values()) {
      if (!way.pinned().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Messages that wait. */
  int messages() {
    int messages = shared.messages();
    for (Way way : ways.values()) {
      messages += way.pinned().messages();
    }
    return messages;
  }

  /** Claims that wait. */
  int claims() {
    int claims = shared.claims();
    for (Way way : ways.values()) {
      claims += way.pinned().claims();
    }
    return claims;
  }

  /** The claims that wait for sends at one of its places. */
  int claims(SendLine.Place place) {
    if (places.size() <= 1) {
      return claims();
    }
    int claims = (shared.claims() + places.size() - 1) / places.size();
    for (Way way : ways.values()) {
      if (way.place.filter(one -> one == place).isPresent()) {
        claims += way.pinned().claims();
      }
    }
    return claims;
  }

  /** The claim that waits longest; empty if none does. */
  Optional<Held> first() {
    Optional<Held> first = shared.isEmpty() ? Optional.empty() : Optional.of(shared.first());
    for (Way way : ways.values()) {
      if (!way.pinned().isEmpty()) {
        Held other = way.pinned().first();
        if (first.isEmpty() || other.sinceNanos() - first.get().sinceNanos() < 0) {
          first = Optional.of(other);
        }
      }
    }
    return first;
  }

  /** Where the next work of a connection of this way waits; the older of two goes first. */
  Waiting next(Way way) {
    Waiting pinned = way.pinned();
    if (pinned.isEmpty()) {
      return shared;
    }
    return shared.isEmpty() || pinned.first().sinceNanos() - shared.first().sinceNanos() <= 0
        ? pinned
        : shared;
  }

  /** Everything that waits. */
  List<Held> drain() {
    List<Held> all = new ArrayList<>(shared.drain());
    ways.values().forEach(way -> all.addAll(way.pinned().drain()));
    return all;
  }

  /** Takes away the youngest waiting claims of a domain. */
  List<Held> takeYoungest(Portion portion, int most) {
    List<Held> taken = new ArrayList<>(shared.takeYoungest(portion, most));
    for (Way way : ways.values()) {
      taken.addAll(way.pinned().takeYoungest(portion, most - taken.size()));
    }
    return taken;
  }

  /** What keeps it from further connections now. */
  Optional<Hold> held(long nowNanos) {
    if (hold.isPresent() && nowNanos - hold.get().untilNanos() >= 0) {
      hold = Optional.empty();
    }
    return hold.filter(one -> one.whole() || connections() > 0);
  }

  /** Whether its own slower pace keeps it from sending. */
  boolean paused(long nowNanos) {
    if (pausedUntilNanos.isPresent() && nowNanos - pausedUntilNanos.get() >= 0) {
      pausedUntilNanos = Optional.empty();
    }
    return pausedUntilNanos.isPresent();
  }
}
