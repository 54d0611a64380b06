package io.mailraft.delivery;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The connections of one zone that are being opened, and what follows where none comes of it. Takes
 * the zone's lock.
 */
final class Openings {
  /** Sources that are tried before what waits for a site that cannot be reached is deferred. */
  private static final int MISSES_MAX = 2;

  /** For so long a site whose hosts have no address goes on with the connections that it has. */
  private static final long NOWHERE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** For so long nobody connects to a site after this node had no socket for it. */
  private static final long NO_SOCKET_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Claims that wait for a socket for longer go back to the queue. */
  private static final long NO_SOCKET_WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ZoneDispatch zone;
  private final Object lock;
  private final ZoneDispatch.Shared shared;
  private final Sites sites;
  private final SiteRow row;
  private final Rationing rationing;
  private final Loader loader;
  private final ZoneConnections connections;

  /**
   * @param lock the zone's
   */
  Openings(
      ZoneDispatch zone,
      Object lock,
      ZoneDispatch.Shared shared,
      Sites sites,
      SiteRow row,
      Rationing rationing,
      Loader loader,
      ZoneConnections connections) {
    this.zone = zone;
    this.lock = lock;
    this.shared = shared;
    this.sites = sites;
    this.row = row;
    this.rationing = rationing;
    this.loader = loader;
    this.connections = connections;
  }

  /** Starts one. Under the zone's lock. */
  void open(Way way, Slip slip, boolean alone) {
    Held first = way.site().first().orElseThrow();
    Opening opening = new Opening(way, slip, way.blocked());
    way.opened = true;
    Dial dial =
        new Dial(
            shared.equipment(),
            way.site().route(),
            way.source(),
            zone.plan().config().pool().ipv6(),
            shared.loops().next(),
            alone,
            () -> !zone.stopping() && loader.alive(first),
            opening);
    opening.dial = Optional.of(dial);
    way.dials().add(dial);
    dial.start();
  }

  private final class Opening implements Dial.Listener {
    private final Way way;
    private final Slip slip;
    private final boolean ahead;
    private Optional<Dial> dial = Optional.empty();

    private Opening(Way way, Slip slip, boolean ahead) {
      this.way = way;
      this.slip = slip;
      this.ahead = ahead;
    }

    @Override
    public void connected(SmtpConnection connection) {
      synchronized (lock) {
        dial.ifPresent(way.dials()::remove);
        row.docked(way);
      }
      connections.docked(new Berth(connection, way, slip, ahead));
    }

    @Override
    public void missed(Dial.Miss miss, Reply reply) {
      shared.meters().missed(zone.name(), miss);
      Exits exits = new Exits();
      synchronized (lock) {
        dial.ifPresent(way.dials()::remove);
        row.dropped(way, slip);
        noConnection(way, miss, reply, exits);
        connections.openMore();
      }
      exits.report(shared.shipping().endings());
    }

    @Override
    public void lapsed(Reply reason) {
      Exits exits = new Exits();
      synchronized (lock) {
        dial.ifPresent(way.dials()::remove);
        row.dropped(way, slip);
        returnLapsed(way.site(), reason, exits);
        connections.openMore();
      }
      exits.report(shared.shipping().endings());
    }
  }

  private void returnLapsed(Site site, Reply reason, Exits exits) {
    long now = System.nanoTime();
    for (Held held : site.drain()) {
      if (loader.alive(held)) {
        sites.add(site, held, now);
      } else {
        exits.returned(List.of(held), reason);
      }
    }
    connections.see(site, now, exits);
  }

  /**
   * No host of a site took a connection. Where the way has others, they go on, and more are not
   * wanted for a while. Otherwise it rests; another source is tried, and if that is of no use, too,
   * what waits is deferred.
   */
  private void noConnection(Way way, Dial.Miss miss, Reply reply, Exits exits) {
    Site site = way.site();
    long now = System.nanoTime();
    switch (miss) {
      case NOWHERE ->
          // What the name servers say is remembered by Dns: another attempt would end at once.
          site.hold = Optional.of(new Site.Hold(now + NOWHERE_NANOS, false, reply));
      case UNREACHABLE -> unreachable(way, reply, now);
      case UNBOUND -> way.standing().dead(reply, now);
      case UNSUITED -> way.standing().unsuited(reply, now);
      case BLOCKLISTED -> blocklist(way, reply, now);
      case NO_SOCKET -> noSocket(site, reply, now, exits);
    }
    sites.keep(way);
    connections.retreat(way, now);
    boolean other = miss != Dial.Miss.NOWHERE && sites.usable(site, now);
    boolean goesOn =
        miss == Dial.Miss.NO_SOCKET
            || (other && (miss != Dial.Miss.UNREACHABLE || site.misses < MISSES_MAX));
    if (site.connections() == 0 && !goesOn) {
      site.misses = 0;
      Hop hop = new Hop("", site.route().hosts().getFirst().name());
      List<Held> waiting = site.drain();
      if (miss == Dial.Miss.BLOCKLISTED) {
        connections.blocklisted(waiting, reply, hop, exits);
      } else {
        exits.refused(waiting, reply, hop);
      }
      if (!other && miss != Dial.Miss.NOWHERE) {
        rationing.rests(site, now);
      }
    }
    connections.see(site, now, exits);
  }

  /** Of a node that can open no socket neither site nor source can be blamed: what waits, waits. */
  private void noSocket(Site site, Reply reply, long now, Exits exits) {
    site.hold = Optional.of(new Site.Hold(now + NO_SOCKET_NANOS, true, reply));
    if (site.connections() == 0) {
      for (Held held : site.drain()) {
        if (now - held.sinceNanos() >= NO_SOCKET_WAIT_NANOS) {
          exits.returned(List.of(held), reply);
        } else {
          sites.add(site, held, now);
        }
      }
    }
  }

  private void unreachable(Way way, Reply reply, long now) {
    way.site().misses++;
    if (way.connections() == 0) {
      way.standing().dead(reply, now);
      way.window().restart();
    } else {
      var _ = way.window().failed(way.connections(), now);
      row.hold(way, now);
    }
  }

  /** A site has said that a source is blocklisted. Under the zone's lock. */
  void blocklist(Way way, Reply reply, long now) {
    way.standing().blocklisted(reply, zone.plan().blocklistPause(), now);
    sites.keep(way);
    shared.meters().blocklisted(zone.name());
  }
}
