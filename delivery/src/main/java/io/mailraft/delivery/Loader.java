package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a connection takes next: recipients of one message, as many as there are sends for. Guarded
 * by the zone's lock.
 *
 * <p>Sends are taken last of all, when nothing but the writing of MAIL is left to do, so that none
 * is taken for work that does not start.
 */
final class Loader {
  private static final Reply LAPSED =
      Reply.of(451, "4.3.0", "The lease ended before the message was handed over");

  private final Sites sites;
  private final Rationing rationing;
  private final Lease lease;
  private final int recipientsMax;

  Loader(Sites sites, Rationing rationing, Lease lease, int recipientsMax) {
    this.sites = sites;
    this.rationing = rationing;
    this.lease = lease;
    this.recipientsMax = recipientsMax;
  }

  boolean alive(Held held) {
    return lease.alive(held.claim().epoch());
  }

  /**
   * The next work, to be started at once. Empty if nothing waits, or the site has to wait for
   * sends, for which it then stands in line.
   */
  List<Held> load(Berth berth, long nowNanos, Exits exits) {
    Site site = berth.site();
    while (!site.paused(nowNanos)) {
      Waiting from = site.next(berth.way());
      List<Held> work = from.take(recipientsMax);
      if (work.isEmpty()) {
        return work;
      }
      List<Held> fit = fit(work, berth, exits);
      if (!fit.isEmpty()) {
        return start(berth, from, fit, nowNanos, exits);
      }
    }
    return List.of();
  }

  private List<Held> fit(List<Held> work, Berth berth, Exits exits) {
    List<Held> alive = new ArrayList<>(work.size());
    List<Held> lapsed = new ArrayList<>(0);
    for (Held held : work) {
      (alive(held) ? alive : lapsed).add(held);
    }
    exits.returned(lapsed, LAPSED);
    Optional<Reply> unfit =
        Transaction.unfit(berth.connection(), work.getFirst().claim().message());
    if (unfit.isPresent()) {
      exits.refused(alive, unfit.get(), berth.connection().hop());
      return List.of();
    }
    return alive;
  }

  private List<Held> start(Berth berth, Waiting from, List<Held> work, long nowNanos, Exits exits) {
    Site site = berth.site();
    int may = site.pace().available(work.size(), nowNanos);
    int given = may == 0 ? 0 : take(berth, may);
    if (given < work.size()) {
      from.putFirst(work.subList(given, work.size()));
      if (may == 0) {
        site.pausedUntilNanos = Optional.of(site.pace().nextNanos(nowNanos));
      } else if (given < may) {
        wait(berth, given, nowNanos);
      }
      exits.returned(rationing.arrived(site, List.of(), nowNanos), Rationing.SURPLUS);
    }
    if (given == 0) {
      return List.of();
    }
    site.pace().spend(given, nowNanos);
    return given == work.size() ? work : List.copyOf(work.subList(0, given));
  }

  private int take(Berth berth, int most) {
    Optional<SendLine.Place> place = sites.place(berth);
    return place.isEmpty() ? most : place.get().take(most, berth.transactions == 0);
  }

  private void wait(Berth berth, int given, long nowNanos) {
    SendLine.Place place = sites.place(berth).orElseThrow();
    place.await(berth.site().claims(place));
    Way way = berth.way();
    boolean late = given == 0 && berth.transactions == 0 && !berth.ahead();
    if (late || way.readyNanos.isPresent()) {
      sites.late(way, nowNanos);
    }
  }
}
