package io.mailraft.delivery;

import io.mailraft.config.Throttle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The sites of one zone and what the plan says of them: which throttles bind them, by which ways
 * their mail goes, and which way the next connection goes. Guarded by the zone's lock.
 */
final class Sites {
  /**
   * A connection is opened so long before sends may come, for a site that has come too late for
   * some: sends cannot be kept, and those of a slow rate last for a moment only.
   */
  private static final long LEAD_NANOS = TimeUnit.SECONDS.toNanos(15);

  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Supplier<Site.Port> port;
  private final SourcePool pool;
  private final SendLines lines;
  private final ConnectionLimits limits;
  private final Standings standings;
  private final Map<SiteKey, Site> sites = new HashMap<>();
  private final Pins pins;
  private final Set<Site> parted = new HashSet<>();
  private ZonePlan plan;
  private int planNumber;

  Sites(
      ZonePlan plan,
      SourcePool pool,
      Supplier<Site.Port> port,
      SendLines lines,
      ConnectionLimits limits,
      Standings standings) {
    this.plan = plan;
    this.pool = pool;
    this.port = port;
    this.lines = lines;
    this.limits = limits;
    this.standings = standings;
    this.pins = new Pins(this, pool, lines);
  }

  ZonePlan plan() {
    return plan;
  }

  Pins pins() {
    return pins;
  }

  Collection<Site> all() {
    return sites.values();
  }

  /** The site of a domain whose route is known. */
  Site of(Route.ToSite route, String domain) {
    List<Throttle> binding = binding(route, domain);
    Site site =
        sites.computeIfAbsent(
            SiteKey.of(route, binding), key -> new Site(port.get(), key, route, binding));
    site.route(route);
    return site;
  }

  /** The same site, or the one in its place where it was forgotten or parted meanwhile. */
  Site present(Site site, String domain) {
    return sites.get(site.key()) == site ? site : of(site.route(), domain);
  }

  /** Whether sites that others have taken the place of have connections still. */
  boolean parting() {
    parted.removeIf(site -> site.connections() == 0);
    return !parted.isEmpty();
  }

  /** Forgets a site that has nothing any more. */
  void forget(Site site) {
    parted.remove(site);
    if (sites.remove(site.key(), site) || site.dissolved) {
      close(site);
    }
  }

  private void close(Site site) {
    site.ways().values().forEach(limits::withdraw);
    site.places().values().forEach(lines::close);
    site.places().clear();
    site.ways().clear();
  }

  /** The way to a site from a source. */
  Way way(Site site, Source source) {
    Way way = site.ways().get(source);
    if (way == null) {
      way = new Way(site, source, standings.of(source, site.name()));
      bind(way);
      site.ways().put(source, way);
    }
    return way;
  }

  private void bind(Way way) {
    Site site = way.site();
    Terms before = way.terms;
    way.terms = Terms.of(plan, site.binding(), site.name(), way.source().text());
    way.place = place(site, way.terms);
    if (!way.terms.caps().equals(before.caps())) {
      way.idle().forEach(berth -> limits.busy(berth.slip().caps(), berth));
      for (Slip slip : way.slips()) {
        limits.recount(slip.caps(), way.terms.caps());
        slip.caps(way.terms.caps());
      }
      way.idle().forEach(berth -> limits.idle(berth.slip().caps(), berth));
    }
  }

  /** Where sends under these terms are waited for; empty where none are to be taken. */
  private Optional<SendLine.Place> place(Site site, Terms terms) {
    if (terms.counters().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        site.places()
            .computeIfAbsent(
                terms.counters(), names -> lines.place(names, () -> site.port().turn(site))));
  }

  /** Where a connection takes its sends from: it has an address, which its way may not have. */
  Optional<SendLine.Place> place(Berth berth) {
    if (berth.planNumber != planNumber) {
      Way way = berth.way();
      String source = berth.connection().hop().source();
      berth.planNumber = planNumber;
      berth.place =
          way.source().own() && way.place.isPresent()
              ? place(way.site(), Terms.of(plan, way.site().binding(), way.site().name(), source))
              : way.place;
    }
    return berth.place;
  }

  /** Remembers that a way's standing has changed. */
  void keep(Way way) {
    standings.keep(way.source(), way.site().name(), way.standing());
  }

  /** Adds a claim to those that wait at a site. */
  void add(Site site, Held held, long nowNanos) {
    held.portion().site = Optional.of(site);
    site.portions().add(held.portion());
    Optional<Way> way = pins.pin(site, held.claim(), nowNanos);
    if (way.isPresent()) {
      way.get().pinned().add(held);
    } else {
      site.shared().add(held);
    }
  }

  /** Adds a claim before those that wait at a site. */
  void addFirst(Site site, Held held, long nowNanos) {
    held.portion().site = Optional.of(site);
    site.portions().add(held.portion());
    pins.pin(site, held.claim(), nowNanos)
        .map(Way::pinned)
        .orElse(site.shared())
        .putFirst(List.of(held));
  }

  /**
   * Gives claims that stick to a way that is off, or has no sends left for the day, to the others.
   *
   * @return whether there were any
   */
  boolean unpin(Way way, long nowNanos) {
    if (way.pinned().isEmpty() || pins.eligible(way, nowNanos)) {
      return false;
    }
    for (Held held : way.pinned().drain()) {
      add(way.site(), held, nowNanos);
    }
    return true;
  }

  /** Whether some source may be used for the site, now or once there is room. */
  boolean usable(Site site, long nowNanos) {
    for (Source source : pool.sources()) {
      if (way(site, source).usable(nowNanos)) {
        return true;
      }
    }
    return false;
  }

  /** Whether this node has no part of some connection limit of the site. */
  boolean shareless(Site site) {
    for (Source source : pool.sources()) {
      if (!way(site, source).terms.shareless()) {
        return false;
      }
    }
    return true;
  }

  /** Why no source may be used: the rest that ends first. */
  Optional<Standing.Off> off(Site site, long nowNanos) {
    Optional<Standing.Off> first = Optional.empty();
    for (Source source : pool.sources()) {
      Optional<Standing.Off> off = way(site, source).standing().off(nowNanos);
      if (off.isPresent()
          && (first.isEmpty() || off.get().untilNanos() - first.get().untilNanos() < 0)) {
        first = off;
      }
    }
    return first;
  }

  /**
   * Which way another connection of the site would go; empty if none would help. More messages must
   * wait than connections are being opened. A site starts with one and gets as many more as have
   * shown that it works, so one that hangs never takes many. Where it has all that it may have, an
   * idle one from another source has to leave first.
   *
   * @param spare whether the zone has connections to spare for sends that are still to come
   */
  Optional<Way> choose(Site site, int connectionsMax, boolean spare, long nowNanos) {
    return choose(site, connectionsMax, nowNanos, way -> mayOpen(way, spare, nowNanos));
  }

  /** Whether another connection would help, and sends for it may be had. Changes nothing. */
  boolean wantsMore(Site site, int connectionsMax, long nowNanos) {
    return choose(site, connectionsMax, nowNanos, way -> fits(way, nowNanos) && !way.blocked())
        .isPresent();
  }

  private Optional<Way> choose(
      Site site, int connectionsMax, long nowNanos, Predicate<Way> mayOpen) {
    if (site.messages() <= site.opening
        || (site.connections() >= connectionsMax && site.busy() >= connectionsMax)
        || site.unproven() >= Math.max(1, site.proven)
        || site.paused(nowNanos)
        || site.held(nowNanos).isPresent()) {
      return Optional.empty();
    }
    for (Way way : site.ways().values()) {
      if (way.pinned().messages() > way.opening && mayOpen.test(way)) {
        return Optional.of(way);
      }
    }
    if (site.shared().messages() <= site.opening) {
      return Optional.empty();
    }
    return pool.draw(source -> mayOpen.test(way(site, source))).map(source -> way(site, source));
  }

  /** Whether a way has room for one connection more, sends aside. */
  private static boolean fits(Way way, long nowNanos) {
    return way.usable(nowNanos)
        && way.connections() < way.window().size()
        && way.full.isEmpty()
        && (way.connections() == 0 || nowNanos - way.holdUntilNanos >= 0);
  }

  /**
   * Whether a connection may be opened. Where it may not for lack of sends, its place stands in
   * line. The first one of all is opened while sends are asked for.
   */
  private boolean mayOpen(Way way, boolean spare, long nowNanos) {
    if (!fits(way, nowNanos)) {
      return false;
    }
    if (way.place.isEmpty() || way.place.get().ready()) {
      return true;
    }
    SendLine.Place place = way.place.orElseThrow();
    if (!place.waits()) {
      place.await(way.site().claims(place));
    }
    // A source that warms up has its first one beside others', or mail would go on over those.
    boolean alone = way.site().connections() == 0;
    boolean first = !way.opened && (alone || way.terms.warmUp().isPresent());
    return spare && (first || (alone && readiesItself(way, nowNanos)));
  }

  /** Whether a connection is kept for sends that are to come. */
  boolean readiesItself(Way way, long nowNanos) {
    return way.readyNanos.isPresent() && nowNanos - way.readyNanos.get() >= 0;
  }

  /** A connection was opened for sends, and came too late for them. */
  void late(Way way, long nowNanos) {
    way.readyNanos =
        Optional.of(nowNanos + Math.max(0, (long) way.terms.spacingNanos() - LEAD_NANOS));
  }

  /** A connection that was kept for sends to come was lost: another one is, after a while. */
  void tooSoon(Way way, long nowNanos) {
    way.readyNanos = Optional.of(nowNanos + AGAIN_NANOS);
  }

  /**
   * Counts a connection that is to be opened; empty where a limit leaves no room, which is noted.
   */
  Optional<Slip> enter(Way way, long nowNanos) {
    Slip slip = new Slip(way.terms.caps());
    if (!slip.caps().isEmpty()) {
      way.full(limits.enter(slip.caps(), way), nowNanos);
      if (way.full.isPresent()) {
        return Optional.empty();
      }
    }
    way.slips().add(slip);
    return Optional.of(slip);
  }

  /** A connection is no more. */
  void leave(Way way, Slip slip) {
    way.slips().remove(slip);
    if (!slip.caps().isEmpty()) {
      limits.leave(slip.caps());
      room(way.site());
    }
    if (way.source().retired && way.connections() == 0) {
      limits.withdraw(way);
      way.site().ways().remove(way.source(), way);
    }
  }

  /** Lets a site look again for room under its connection limits. */
  void room(Site site) {
    for (Way way : site.ways().values()) {
      way.full = Optional.empty();
    }
  }

  /** Nothing waits at the site: its places in lines are for others. */
  void settle(Site site) {
    for (SendLine.Place place : site.places().values()) {
      place.leave();
    }
    for (Way way : site.ways().values()) {
      if (way.full.isPresent()) {
        limits.withdraw(way);
        way.full = Optional.empty();
      }
    }
  }

  /**
   * What a plan has changed.
   *
   * @param moving claims that waited where they cannot stay, with the route they have
   * @param parted sites that others take the place of
   */
  record Changes(List<Held> moving, List<Site> parted) {}

  /**
   * Takes over a plan. Sites whose domains are bound by other entries from here on are parted; the
   * connections of those that stay, stay.
   */
  Changes follow(ZonePlan fresh) {
    plan = fresh;
    planNumber++;
    List<Held> moving = new ArrayList<>();
    List<Site> parted = new ArrayList<>();
    for (Site site : List.copyOf(sites.values())) {
      if (!rebind(site)) {
        sites.remove(site.key());
        moving.addAll(site.drain());
        site.dissolved = true;
        settle(site);
        parted.add(site);
        this.parted.add(site);
      } else {
        Set<SendLine.Place> used = new HashSet<>();
        for (Way way : site.ways().values()) {
          bind(way);
          way.full = Optional.empty();
          limits.withdraw(way);
          if (way.source().retired) {
            moving.addAll(way.pinned().drain());
          } else {
            way.place.ifPresent(used::add);
          }
        }
        closeAllBut(site, used);
      }
    }
    return new Changes(moving, parted);
  }

  /** Binds a site as the plan has it; false if its domains are no longer one site. */
  private boolean rebind(Site site) {
    Map<SiteKey, List<Throttle>> wanted = new HashMap<>();
    for (Portion portion : site.portions()) {
      List<Throttle> binding = binding(site.route(), portion.domain());
      wanted.put(SiteKey.of(site.route(), binding), binding);
    }
    if (wanted.isEmpty()) {
      List<Throttle> binding = new ArrayList<>();
      for (Throttle throttle : site.binding()) {
        plan.throttles().entry(throttle.entry()).ifPresent(binding::add);
      }
      wanted.put(SiteKey.of(site.route(), binding), binding);
    }
    if (wanted.size() > 1) {
      return false;
    }
    Map.Entry<SiteKey, List<Throttle>> only = wanted.entrySet().iterator().next();
    SiteKey key = only.getKey();
    if (!key.equals(site.key())) {
      if (sites.containsKey(key)) {
        return false;
      }
      sites.remove(site.key());
      sites.put(key, site);
    }
    site.bind(key, only.getValue());
    return true;
  }

  private List<Throttle> binding(Route.ToSite route, String domain) {
    return plan.throttles().entries().isEmpty()
        ? List.of()
        : plan.throttles().of(domain, route.mxHosts());
  }

  private void closeAllBut(Site site, Set<SendLine.Place> used) {
    site.places()
        .values()
        .removeIf(
            place -> {
              if (used.contains(place)) {
                return false;
              }
              lines.close(place);
              return true;
            });
  }
}
