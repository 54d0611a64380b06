package io.mailraft.delivery;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** Says how a zone's mail goes, from the state that decides. Used under the zone's lock. */
final class Observer {
  private final String zone;
  private final ZonePlan plan;
  private final Sites sites;
  private final SiteRow row;
  private final long now = System.nanoTime();

  Observer(String zone, ZonePlan plan, Sites sites, SiteRow row) {
    this.zone = zone;
    this.plan = plan;
    this.sites = sites;
    this.row = row;
  }

  /** The moment of a reading of the monotonic clock. */
  static Instant instant(long nanos) {
    // Wall clock: people read it.
    return Instant.now().plusNanos(nanos - System.nanoTime());
  }

  /** All sites, by each of their sources. */
  List<SiteState> states() {
    List<SiteState> states = new ArrayList<>();
    sites.all().forEach(site -> addStates(site, states));
    return states;
  }

  private void addStates(Site site, List<SiteState> states) {
    for (Way way : site.ways().values()) {
      states.add(
          new SiteState(
              site.name(),
              way.source().text(),
              way.window().size(),
              way.connections(),
              site.shared().claims() + way.pinned().claims(),
              phase(way)));
    }
  }

  /**
   * What becomes of a domain's claims.
   *
   * @param zoneHeld claims of the zone that are held
   * @param zoneWanted claims of the zone that can be used
   */
  Outlook outlook(String domain, int zoneHeld, int zoneWanted) {
    Optional<Outlook.Limit> limit = Optional.empty();
    List<SiteState> states = new ArrayList<>();
    int held = 0;
    for (Site site : sites.all()) {
      for (Portion portion : site.portions()) {
        if (portion.domain().equals(domain)) {
          addStates(site, states);
          held = portion.held();
          long since = portion.limitedNanos;
          limit = portion.limit.map(claims -> new Outlook.Limit(claims, instant(since)));
        }
      }
    }
    return new Outlook(
        limit, held, states, zoneHeld, zoneWanted, row.connections(), plan.connections());
  }

  /**
   * Who has connections.
   *
   * @param limit name of a connection limit; empty for all connections of the zone
   */
  List<ConnectionUse> users(Optional<String> limit) {
    List<ConnectionUse> users = new ArrayList<>();
    for (Site site : sites.all()) {
      for (Way way : site.ways().values()) {
        boolean counts =
            limit.isEmpty()
                || way.terms.caps().stream().anyMatch(cap -> cap.counter().equals(limit.get()));
        if (counts && way.connections() > 0) {
          users.add(new ConnectionUse(zone, site.name(), way.source().text(), way.connections()));
        }
      }
    }
    return users;
  }

  private SiteState.Phase phase(Way way) {
    Site site = way.site();
    Optional<Standing.Off> off = way.standing().off(now);
    if (off.isPresent()) {
      Instant until = instant(off.get().untilNanos());
      Instant since = instant(off.get().sinceNanos());
      String reply = off.get().reply().text();
      return off.get().cause() == Standing.Cause.BLOCKLISTED
          ? new SiteState.Blocklisted(until, reply, since)
          : new SiteState.BackingOff(until, reply, since);
    }
    Optional<Terms.Cap> nothing =
        way.terms.caps().stream().filter(cap -> cap.limit() <= 0).findFirst();
    if (nothing.isPresent()) {
      return new SiteState.ConnectionsFull(nothing.get().counter(), instant(way.sinceNanos()));
    }
    if (site.paused(now)) {
      return new SiteState.Throttled(List.of("slowdown"), instant(site.pace().sinceNanos()));
    }
    Optional<SendLine.Place> blocked = blocked(site, way);
    if (blocked.isPresent()) {
      long since = blocked.get().waits() ? blocked.get().sinceNanos() : now;
      return new SiteState.Throttled(blocked.get().line().counters(), instant(since));
    }
    if (way.full.isPresent()) {
      return new SiteState.ConnectionsFull(way.full.get(), instant(way.fullNanos));
    }
    if (site.hasWaiting() && row.full() && row.wantsMore(site, now)) {
      long since = site.first().map(Held::sinceNanos).orElse(now);
      return new SiteState.ConnectionsFull(SiteState.ZONE_LIMIT + zone, instant(since));
    }
    return new SiteState.Ready(instant(way.sinceNanos()));
  }

  private static Optional<SendLine.Place> blocked(Site site, Way way) {
    if (way.source().own() && site.places().size() > 1) {
      return site.places().values().stream().filter(SendLine.Place::blocked).findFirst();
    }
    return way.place.filter(SendLine.Place::blocked);
  }

  /** A claim whose route is being looked up. */
  Optional<ClaimPhase> resolving(Collection<List<Held>> resolving, String messageId, int seq) {
    for (List<Held> some : resolving) {
      for (Held held : some) {
        if (held.claim().seq() == seq && held.claim().messageId().equals(messageId)) {
          return Optional.of(
              new ClaimPhase(
                  ClaimPhase.Step.ROUTING,
                  "the route of " + held.claim().domain(),
                  "",
                  "",
                  instant(held.sinceNanos())));
        }
      }
    }
    return Optional.empty();
  }

  /** A claim that waits at its site. */
  Optional<ClaimPhase> waiting(String messageId, int seq) {
    for (Site site : sites.all()) {
      for (Way way : site.ways().values()) {
        Optional<Held> pinned = way.pinned().find(messageId, seq);
        if (pinned.isPresent()) {
          return Optional.of(waiting(pinned.get(), site, List.of(way)));
        }
      }
      Optional<Held> shared = site.shared().find(messageId, seq);
      if (shared.isPresent()) {
        return Optional.of(waiting(shared.get(), site, site.ways().values()));
      }
    }
    return Optional.empty();
  }

  private ClaimPhase waiting(Held held, Site site, Collection<Way> ways) {
    Optional<ClaimPhase> told = Optional.empty();
    for (Way way : ways) {
      if (site.connected == 0 && !way.dials().isEmpty()) {
        return opening(way, way.dials().iterator().next().progress());
      }
      SiteState.Phase phase = phase(way);
      boolean ready = phase instanceof SiteState.Ready;
      if (ready || told.isEmpty()) {
        told =
            Optional.of(
                new ClaimPhase(
                    ClaimPhase.Step.WAITING,
                    ready ? turn(site) : phase.text(),
                    way.source().text(),
                    "",
                    ready ? instant(held.sinceNanos()) : phase.since(),
                    ready ? Optional.empty() : Optional.of(phase)));
      }
    }
    return told.orElseGet(
        () ->
            new ClaimPhase(
                ClaimPhase.Step.WAITING, turn(site), "", "", instant(held.sinceNanos())));
  }

  private String turn(Site site) {
    return "its turn at "
        + site.name()
        + ": "
        + site.connections()
        + " of the zone's "
        + plan.connections()
        + " connections are the site's, "
        + row.connections()
        + " are in use"
        + site.held(now)
            .map(hold -> "; no other is opened for a while: " + hold.reason().text())
            .orElse("");
  }

  private static ClaimPhase opening(Way way, Dial.Progress progress) {
    return new ClaimPhase(
        progress.greeting() ? ClaimPhase.Step.GREETING : ClaimPhase.Step.CONNECTING,
        progress.greeting() ? "greeting" : "a connection",
        way.source().text(),
        progress.host(),
        instant(progress.sinceNanos()));
  }

  /** A claim that is being sent; the answer comes from its connection's event loop. */
  Optional<CompletableFuture<Optional<ClaimPhase>>> underWay(
      Map<Berth, Transaction> underWay, String messageId, int seq) {
    for (Map.Entry<Berth, Transaction> each : underWay.entrySet()) {
      Transaction transaction = each.getValue();
      if (transaction.isFor(messageId, seq)) {
        CompletableFuture<Optional<ClaimPhase>> phase = new CompletableFuture<>();
        try {
          each.getKey()
              .connection()
              .loop()
              .execute(() -> phase.complete(transaction.phase(messageId, seq)));
        } catch (RejectedExecutionException e) {
          // The engine has stopped meanwhile, and with it the attempt.
          phase.complete(Optional.empty());
        }
        return Optional.of(phase);
      }
    }
    return Optional.empty();
  }
}
