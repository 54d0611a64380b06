package io.mailraft.delivery;

import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The claims of one zone, from when they come until they wait at their site; then {@link
 * ZoneConnections} has them. One lock guards a zone; nothing blocks under it, and outcomes are
 * reported outside of it.
 */
final class ZoneDispatch {
  private static final int CLAIMS_PER_CONNECTION = 4;
  private static final int CLAIMS_MIN = 64;

  /** So often is looked whether connections of a removed zone of the same name have been closed. */
  private static final long INHERIT_MILLIS = 50;

  private static final Reply STOPPING = Reply.of(451, "4.3.2", "This node is stopping");
  private static final Reply CHANGED = Reply.of(451, "4.3.5", "The zone has changed");
  private static final Reply UNSERVED =
      Reply.of(451, "4.3.2", "This node has no part of the zone's connections");

  /** What all zones of an engine share. */
  record Shared(
      Routes routes,
      Dial.Equipment equipment,
      Transaction.Shipping shipping,
      Meters meters,
      EventLoopGroup loops,
      SendLines lines,
      ConnectionLimits limits,
      Standings standings,
      Appetite appetite,
      String helo) {}

  private final String name;
  private final Shared shared;
  private final AtomicInteger open = new AtomicInteger();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final Object lock = new Object();
  private final Map<String, List<Held>> resolving = new HashMap<>();
  private final SourcePool pool;
  private final Sites sites;
  private final SiteRow row;
  private final Rationing rationing;
  private final Agenda agenda;
  private final ZoneConnections connections;
  private volatile ZonePlan plan;
  private volatile boolean stopping;

  /** Removed zones of the same name, until their last connection is closed. */
  private volatile List<ZoneDispatch> before;

  /** Connections of those before. */
  private int inherited;

  /**
   * @param before zones of the same name that the document had before and that may have connections
   *     still: those count as this one's
   */
  ZoneDispatch(ZonePlan plan, Shared shared, List<ZoneDispatch> before) {
    this.name = plan.config().name();
    this.plan = plan;
    this.shared = shared;
    this.before = List.copyOf(before);
    this.inherited = connections(before);
    this.pool = new SourcePool(plan, shared.helo(), shared.equipment().sources().text());
    this.rationing = new Rationing(name, shared.appetite());
    this.sites =
        new Sites(plan, pool, () -> port(), shared.lines(), shared.limits(), shared.standings());
    this.row = new SiteRow(sites, shared.limits(), connectionsMax(plan));
    this.agenda = new Agenda(shared.loops(), this::review);
    this.connections = new ZoneConnections(this, lock, shared, sites, row, rationing);
    synchronized (lock) {
      rationing.wants(target());
    }
    if (inherited > 0) {
      inheritSoon();
    }
  }

  private static int connections(List<ZoneDispatch> zones) {
    return zones.stream().mapToInt(ZoneDispatch::connections).sum();
  }

  private int connectionsMax(ZonePlan of) {
    return Math.max(0, of.connections() - inherited);
  }

  private void inheritSoon() {
    var _ = shared.loops().schedule(this::inherit, INHERIT_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Takes over the places of connections that have been closed since the last look. */
  private void inherit() {
    // Not under this one's lock: no zone's lock is taken under another's.
    int left = connections(before);
    synchronized (lock) {
      if (stopping) {
        return;
      }
      inherited = left;
      row.connectionsMax(connectionsMax(plan));
      connections.openMore();
      if (left > 0) {
        inheritSoon();
      } else {
        before = List.of();
      }
    }
  }

  private Site.Port port() {
    return connections;
  }

  String name() {
    return name;
  }

  ZonePlan plan() {
    return plan;
  }

  boolean stopping() {
    return stopping;
  }

  /** Claims without an outcome. */
  int open() {
    return open.get();
  }

  /** Connections open or being opened. */
  int connections() {
    synchronized (lock) {
      return row.connections();
    }
  }

  /** Whether no connection is open under a plan that is no more. */
  boolean within() {
    synchronized (lock) {
      return row.connections() <= (stopping ? 0 : plan.connections()) && !sites.parting();
    }
  }

  /** Domains that may not hold as many claims as they like. */
  int limitedDomains() {
    synchronized (lock) {
      return rationing.limited();
    }
  }

  /** Claims that keep all connections busy while more are on their way. */
  int target() {
    int most = plan.connections();
    return most == 0 ? 0 : Math.max(CLAIMS_MIN, most * CLAIMS_PER_CONNECTION);
  }

  /** Takes all of these claims, or, where it throws, none. What it returns sends them onward. */
  Runnable take(List<Claim> claims) {
    long now = System.nanoTime();
    ZonePlan current = plan;
    boolean together =
        current.config().host().isPresent() && current.throttles().entries().isEmpty();
    List<Optional<Reply>> unfit = claims.stream().map(Paths::unfit).toList();
    Map<String, List<Held>> byDomain = new LinkedHashMap<>();
    Exits exits = new Exits();
    List<Portion> portions = new ArrayList<>(claims.size());
    open.addAndGet(claims.size());
    synchronized (lock) {
      try {
        sort(claims, unfit, together, now, portions, byDomain, exits);
      } catch (RuntimeException e) {
        portions.forEach(Portion::ended);
        open.addAndGet(-claims.size());
        throw e;
      }
      byDomain.forEach(
          (domain, some) ->
              resolving.computeIfAbsent(domain, key -> new ArrayList<>()).addAll(some));
    }
    return () -> {
      exits.report(shared.shipping().endings());
      route(current, byDomain.keySet());
    };
  }

  private void sort(
      List<Claim> claims,
      List<Optional<Reply>> unfit,
      boolean together,
      long now,
      List<Portion> portions,
      Map<String, List<Held>> byDomain,
      Exits exits) {
    Optional<Reply> closed = closed();
    for (int i = 0; i < claims.size(); i++) {
      Claim claim = claims.get(i);
      Portion portion = rationing.of(claim.domain(), now);
      portion.took();
      portions.add(portion);
      Held held = new Held(claim, this, portion, now);
      if (unfit.get(i).isPresent()) {
        exits.refused(List.of(held), unfit.get(i).get(), Hop.NONE);
      } else if (closed.isPresent()) {
        exits.returned(List.of(held), closed.get());
      } else {
        Optional<String> elsewhere = sites.pins().elsewhere(claim);
        if (elsewhere.isPresent()) {
          exits.redirected(held, elsewhere.get());
        } else {
          String key = together ? "" : claim.domain();
          byDomain.computeIfAbsent(key, domain -> new ArrayList<>()).add(held);
        }
      }
    }
  }

  /** Why a claim that has left a site cannot wait there again: its zone has changed meanwhile. */
  Optional<Reply> closed(Site site) {
    return closed()
        .or(() -> site.route().fits(plan.config()) ? Optional.empty() : Optional.of(CHANGED));
  }

  private Optional<Reply> closed() {
    if (stopping) {
      return Optional.of(STOPPING);
    }
    return plan.connections() == 0 ? Optional.of(UNSERVED) : Optional.empty();
  }

  /**
   * Finds the routes of domains. Those that are known are settled together, for their sites' sake.
   */
  private void route(ZonePlan current, Set<String> domains) {
    Map<String, Route> known = new HashMap<>();
    for (String domain : domains) {
      CompletableFuture<Route> route = shared.routes().find(current.config(), domain);
      if (route.isDone()) {
        known.put(domain, route.join());
      } else {
        var _ = route.thenAccept(found -> settle(Map.of(domain, found)));
      }
    }
    if (!known.isEmpty()) {
      settle(known);
    }
  }

  private void settle(Map<String, Route> routes) {
    Exits exits = new Exits();
    synchronized (lock) {
      long now = System.nanoTime();
      Map<Site, List<Held>> arrived = new LinkedHashMap<>();
      routes.forEach(
          (domain, route) -> {
            List<Held> some = resolving.remove(domain);
            if (some != null) {
              switch (route) {
                case Route.ToSite toSite when !toSite.fits(plan.config()) ->
                    exits.returned(some, CHANGED);
                case Route.ToSite toSite -> {
                  Site site = sites.of(toSite, domain);
                  some.forEach(held -> sites.add(site, held, now));
                  arrived.computeIfAbsent(site, key -> new ArrayList<>()).addAll(some);
                }
                case Route.Refused(Reply reply) -> exits.refused(some, reply, Hop.NONE);
              }
            }
          });
      arrived.forEach(
          (site, some) -> {
            connections.see(site, now, exits);
            exits.returned(rationing.arrived(site, some, now), Rationing.SURPLUS);
            row.tidy(site);
          });
      connections.openMore();
    }
    exits.report(shared.shipping().endings());
  }

  /** Looks at a site later, if there is anything to look at. Under the lock. */
  void reviewSoon(Site site, long now) {
    if (!site.portions().isEmpty()) {
      agenda.at(site, now + Rationing.REVIEW_NANOS);
      whenGoesOn(site);
    }
  }

  private void whenGoesOn(Site site) {
    site.pausedUntilNanos.ifPresent(until -> agenda.at(site, until));
    site.hold.ifPresent(hold -> agenda.at(site, hold.untilNanos()));
  }

  /** Looks at the sites that are due: time alone has changed something for them, perhaps. */
  private void review() {
    Exits exits = new Exits();
    synchronized (lock) {
      if (stopping) {
        return;
      }
      long now = System.nanoTime();
      List<Site> due = agenda.take(now);
      for (Site site : due) {
        sites.room(site);
        connections.look(site, now, exits);
      }
      connections.openMore();
      for (Site site : due) {
        review(site, now, exits);
      }
    }
    exits.report(shared.shipping().endings());
  }

  private void review(Site site, long now, Exits exits) {
    connections.shunCold(site, now, exits);
    Rationing.Outlook outlook =
        new Rationing.Outlook(
            sites.shareless(site),
            !sites.usable(site, now),
            site.hasWaiting() && row.full() && row.wantsMore(site, now));
    List<Held> surplus = new ArrayList<>(0);
    Optional<Long> again = rationing.review(site, outlook, now, surplus);
    exits.returned(surplus, Rationing.SURPLUS);
    again.ifPresent(at -> agenda.at(site, at));
    whenGoesOn(site);
    site.ways().values().stream()
        .flatMap(way -> way.readyNanos.stream())
        .filter(at -> at - now > 0)
        .forEach(at -> agenda.at(site, at));
    if (site.pace().slowed(now)) {
      agenda.at(site, now + Pace.SPACING_NANOS_MAX);
    }
    row.tidy(site);
  }

  /** A claim of this zone has its outcome. */
  void ended(Portion portion) {
    portion.ended();
    if (open.decrementAndGet() == 0 && stopping) {
      drained.complete(null);
    }
  }

  /**
   * Takes over a changed plan. Claims that wait for another next hop than the present one go back,
   * and all that wait where this node has no part of the zone any more.
   */
  void update(ZonePlan fresh) {
    Exits exits = new Exits();
    synchronized (lock) {
      boolean moved =
          !fresh.config().host().equals(plan.config().host())
              || fresh.config().port() != plan.config().port();
      plan = fresh;
      pool.follow(fresh);
      row.connectionsMax(connectionsMax(fresh));
      Sites.Changes changes = sites.follow(fresh);
      long now = System.nanoTime();
      changes.parted().forEach(site -> rationing.free(site, now));
      rationing.wants(target());
      if (moved || fresh.connections() == 0) {
        Reply reason = moved ? CHANGED : UNSERVED;
        exits.returned(changes.moving(), reason);
        exits.returned(drainAll(), reason);
        rationing.freeAll();
      } else {
        rearrange(changes, now, exits);
      }
      connections.openMore();
    }
    exits.report(shared.shipping().endings());
  }

  private void rearrange(Sites.Changes changes, long now, Exits exits) {
    for (Site site : changes.parted()) {
      site.ways().values().forEach(way -> dismiss(way, way.idle().size()));
      row.tidy(site);
    }
    for (Held held : changes.moving()) {
      Site before = held.portion().site.orElseThrow();
      Site site = sites.of(before.route(), held.claim().domain());
      sites.add(site, held, now);
    }
    for (Site site : List.copyOf(sites.all())) {
      for (Way way : List.copyOf(site.ways().values())) {
        connections.retreat(way, now);
        dismiss(way, shared.limits().excess(way.terms.caps()));
      }
      if (!sites.shareless(site)) {
        rationing.freeNothing(site, now);
      }
      connections.see(site, now, exits);
    }
    connections.leave(row.dismiss(row.surplus()));
  }

  private void dismiss(Way way, int most) {
    List<Berth> oldest = way.idle().stream().limit(most).toList();
    connections.leave(row.dismiss(oldest));
  }

  private List<Held> drainAll() {
    List<Held> waiting = new ArrayList<>();
    resolving.values().forEach(waiting::addAll);
    resolving.clear();
    for (Site site : List.copyOf(sites.all())) {
      waiting.addAll(site.drain());
      row.tidy(site);
    }
    connections.leave(row.dismiss(row.idle()));
    return waiting;
  }

  /** Halves the pace of a site, if there is one of that name. */
  void slowDown(String site) {
    synchronized (lock) {
      long now = System.nanoTime();
      for (Site one : sites.all()) {
        if (one.name().equals(site)) {
          one.pace().slowDown(now);
          agenda.at(one, now + Rationing.REVIEW_NANOS);
        }
      }
    }
  }

  /** How the zone's mail goes, for each site and source. */
  List<SiteState> states() {
    synchronized (lock) {
      return new Observer(name, plan, sites, row).states();
    }
  }

  /** What becomes of a domain's claims. */
  Outlook outlook(String domain) {
    synchronized (lock) {
      return new Observer(name, plan, sites, row).outlook(domain, open.get(), target());
    }
  }

  /** Who has connections under a limit, or any of the zone's. */
  List<ConnectionUse> users(Optional<String> limit) {
    synchronized (lock) {
      return new Observer(name, plan, sites, row).users(limit);
    }
  }

  /** What a claim is doing; empty if it is not here. */
  Optional<CompletableFuture<Optional<ClaimPhase>>> phase(String messageId, int seq) {
    synchronized (lock) {
      Observer observer = new Observer(name, plan, sites, row);
      return observer
          .resolving(resolving.values(), messageId, seq)
          .or(() -> observer.waiting(messageId, seq))
          .map(phase -> CompletableFuture.completedFuture(Optional.of(phase)))
          .or(() -> observer.underWay(connections.underWay(), messageId, seq));
    }
  }

  /**
   * Starts nothing any more and gives back what waits; done when the last claim has its outcome.
   */
  CompletableFuture<Void> stop() {
    Exits exits = new Exits();
    synchronized (lock) {
      stopping = true;
      agenda.close();
      exits.returned(drainAll(), STOPPING);
      rationing.wants(0);
      rationing.freeAll();
    }
    exits.report(shared.shipping().endings());
    if (open.get() == 0) {
      drained.complete(null);
    }
    return drained;
  }

  /** Ends what is still under way after {@link #stop}. */
  void abandon() {
    Map<Berth, Transaction> left;
    synchronized (lock) {
      left = Map.copyOf(connections.underWay());
    }
    left.forEach((berth, transaction) -> berth.connection().execute(transaction::stop));
  }
}
