package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How many claims of each domain a zone holds, so that a domain whose site cannot take them at
 * speed keeps its mail in the queue and does not fill the zone's window. Guarded by the zone's
 * lock.
 *
 * <p>A domain is limited to what its site can use in the next two seconds, and what is under way,
 * while its site is held back by something of its own: it has no sends, it is at a connection
 * limit, it rests, or its oldest claim has waited for two seconds although the zone has connections
 * to give. Where only the zone's connections are short, the zone's window is limit enough. What
 * waits beyond the limit goes back to the queue. A domain is freed when its site has not been held
 * back for some seconds.
 */
final class Rationing {
  /** Time for which a domain may hold what its site can use. */
  private static final double AHEAD_SECONDS = 2;

  /** A claim that waits for longer is a sign that its site is slow. */
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** So often at most the domains of one site are looked at. */
  static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** So often a site with anything waiting is looked at. */
  static final long REVIEW_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(4);
  private static final int RELAPSES_MAX = 4;
  private static final long RELAPSE_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** A limit of nothing is tried anew after a while: the domain may have another site by then. */
  private static final long NOTHING_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** Claims of a site that rests are deferred at once, some at a time. */
  private static final int RESTING_CLAIMS = 8;

  /** Why claims beyond a limit go back. */
  static final Reply SURPLUS =
      Reply.of(451, "4.3.2", "The site cannot be sent more for now; the claim goes back");

  private static final int CLAIMS_MAX = 10_000;

  /** Where nothing changes for long, a site is looked at every eight seconds. */
  private static final int QUIET_MAX = 3;

  private static final int SWEEP_MIN = 1024;

  private final String zone;
  private final Appetite appetite;
  private final Map<String, Portion> portions = new HashMap<>();
  private int sweepAt = SWEEP_MIN;
  private Optional<Integer> wanted = Optional.empty();
  private int limited;
  private long said;

  Rationing(String zone, Appetite appetite) {
    this.zone = zone;
    this.appetite = appetite;
  }

  /** Tells how many claims the zone wants to hold, if that has changed. */
  void wants(int claims) {
    if (wanted.isEmpty() || wanted.get() != claims) {
      wanted = Optional.of(claims);
      appetite.wants(zone, claims);
    }
  }

  /** Domains that are limited. */
  int limited() {
    return limited;
  }

  /** What is held of a domain. */
  Portion of(String domain, long nowNanos) {
    Portion portion = portions.get(domain);
    if (portion == null) {
      sweep();
      portion = new Portion(domain, nowNanos);
      portions.put(domain, portion);
    }
    return portion;
  }

  /** Forgets domains of which nothing is held, when many have come since the last time. */
  private void sweep() {
    if (portions.size() >= sweepAt) {
      portions.values().removeIf(portion -> portion.held() == 0 && portion.limit.isEmpty());
      sweepAt = Math.max(SWEEP_MIN, 2 * portions.size());
    }
  }

  /** Frees every domain. */
  void freeAll() {
    for (Portion portion : portions.values()) {
      free(portion, System.nanoTime());
    }
  }

  /** Frees the domains of a site. */
  void free(Site site, long nowNanos) {
    site.portions().forEach(portion -> free(portion, nowNanos));
  }

  /** Frees the domains of a site of which nothing could be used. */
  void freeNothing(Site site, long nowNanos) {
    for (Portion portion : site.portions()) {
      if (portion.limit.filter(limit -> limit == 0).isPresent()) {
        free(portion, nowNanos);
      }
    }
  }

  private void free(Portion portion, long nowNanos) {
    if (portion.limit.isPresent()) {
      portion.limit = Optional.empty();
      portion.freedNanos = Optional.of(nowNanos);
      limited--;
      said++;
      appetite.frees(zone, portion.domain());
    }
  }

  /**
   * What is seen of a site from outside.
   *
   * @param nothing whether this node may have no connection to it
   * @param resting whether no source may be used for it now
   * @param zoneShort whether it would get a connection if the zone had one
   */
  record Outlook(boolean nothing, boolean resting, boolean zoneShort) {}

  /**
   * Claims have come to a site, or its sends are used up.
   *
   * @param came claims that have come
   * @return those that are to go back
   */
  List<Held> arrived(Site site, List<Held> came, long nowNanos) {
    List<Held> surplus = new ArrayList<>(0);
    if (nowNanos - site.rationedNanos >= SOON_NANOS
        && shortOfSends(site)
        && site.claims() > usable(site)) {
      site.heldBackNanos = Optional.of(nowNanos);
      ration(site, false, nowNanos, surplus);
    }
    if (limited > 0) {
      came.forEach(held -> trim(site, held.portion(), surplus));
    }
    return surplus;
  }

  /** Nothing can be sent to a site, for all sources rest; what waits there is taken away. */
  void rests(Site site, long nowNanos) {
    site.heldBackNanos = Optional.of(nowNanos);
    if (!site.route().fixed()) {
      ration(site, true, nowNanos, new ArrayList<>(0));
    }
  }

  /** This node may have no connection to a site; what waits there is taken away. */
  void nothing(Site site, long nowNanos) {
    site.portions().forEach(portion -> limit(portion, 0, nowNanos));
  }

  /**
   * Looks at a site that has waiting claims, or had.
   *
   * @param surplus where claims go that are to go back
   * @return when to look again; empty if nothing of the site's domains is held or limited
   */
  Optional<Long> review(Site site, Outlook outlook, long nowNanos, List<Held> surplus) {
    boolean slow =
        !outlook.zoneShort()
            && !site.route().fixed()
            && site.first()
                .filter(first -> nowNanos - first.sinceNanos() >= SLOW_NANOS)
                .isPresent();
    boolean rests = outlook.resting() && !site.route().fixed();
    long saidBefore = said;
    if (slow || rests || shortOfSends(site)) {
      site.heldBackNanos = Optional.of(nowNanos);
    }
    if (outlook.nothing()) {
      limitNothing(site, nowNanos, surplus);
    } else if (heldBack(site, nowNanos)) {
      ration(site, rests, nowNanos, surplus);
    } else {
      free(site, nowNanos);
    }
    forget(site, nowNanos);
    if (site.portions().isEmpty()) {
      return Optional.empty();
    }
    site.quietReviews = said == saidBefore && surplus.isEmpty() ? site.quietReviews + 1 : 0;
    return Optional.of(nowNanos + (REVIEW_NANOS << Math.min(site.quietReviews, QUIET_MAX)));
  }

  private void forget(Site site, long nowNanos) {
    for (Iterator<Portion> each = site.portions().iterator(); each.hasNext(); ) {
      Portion portion = each.next();
      if (portion.held() > 0) {
        portion.heldNanos = nowNanos;
      } else if (portion.limit.isEmpty()) {
        each.remove();
      } else if (portion.limit.get() > 0 && nowNanos - portion.heldNanos >= CALM_NANOS) {
        // Its queue is empty, as far as can be seen from here.
        free(portion, nowNanos);
        each.remove();
      }
    }
  }

  private void limitNothing(Site site, long nowNanos, List<Held> surplus) {
    for (Portion portion : site.portions()) {
      if (portion.limit.filter(limit -> limit == 0).isPresent()
          && nowNanos - portion.limitedNanos >= NOTHING_NANOS) {
        free(portion, nowNanos);
      } else if (portion.held() > 0) {
        limit(portion, 0, nowNanos);
        trim(site, portion, surplus);
      }
    }
  }

  private boolean heldBack(Site site, long nowNanos) {
    if (site.heldBackNanos.isEmpty()) {
      return false;
    }
    int relapses = site.portions().stream().mapToInt(one -> one.relapses).max().orElse(0);
    return nowNanos - site.heldBackNanos.get() < CALM_NANOS << Math.min(relapses, RELAPSES_MAX);
  }

  /** Whether what waits lacks sends, other than those of the whole zone. */
  private static boolean shortOfSends(Site site) {
    if (site.pausedUntilNanos.isPresent()) {
      return true;
    }
    if (!site.hasWaiting()) {
      return false;
    }
    for (Way way : site.ways().values()) {
      if (way.terms.perSecond() < Double.POSITIVE_INFINITY && way.blocked()) {
        return true;
      }
    }
    return false;
  }

  /** Claims that the site's own throttles let it start in the time ahead. */
  private static double usable(Site site) {
    double perSecond = 0;
    boolean any = false;
    boolean bySource = site.places().size() > 1;
    for (Way way : site.ways().values()) {
      double rate = way.terms.perSecond();
      perSecond = bySource ? perSecond + rate : Math.max(perSecond, rate);
      any = true;
    }
    return any ? perSecond * AHEAD_SECONDS : Double.POSITIVE_INFINITY;
  }

  /** Tells how much each domain of a site may hold, and takes away what is more. */
  private void ration(Site site, boolean rests, long nowNanos, List<Held> surplus) {
    site.rationedNanos = nowNanos;
    double share = usable(site) / Math.max(1, site.portions().size());
    boolean paced = site.pausedUntilNanos.isPresent() || Double.isInfinite(share);
    for (Portion portion : site.portions()) {
      double ahead =
          rests ? RESTING_CLAIMS : paced ? portion.endedPerSecond(nowNanos) * AHEAD_SECONDS : share;
      int claims = Math.clamp((long) Math.ceil(ahead), 1, CLAIMS_MAX);
      limit(portion, portion.underWay() + claims, nowNanos);
      trim(site, portion, surplus);
    }
  }

  /** Small changes are not worth a word, unless it stays less for a while. */
  private void limit(Portion portion, int claims, long nowNanos) {
    if (portion.limit.isEmpty()) {
      limited++;
      portion.limitedNanos = nowNanos;
      boolean relapse =
          portion.freedNanos.filter(freed -> nowNanos - freed < RELAPSE_NANOS).isPresent();
      portion.relapses = relapse ? portion.relapses + 1 : 0;
    } else {
      int before = portion.limit.get();
      boolean less = claims < before;
      if (!less) {
        portion.lessNanos = Optional.empty();
      }
      if (before == claims || (alike(before, claims) && !(less && stays(portion, nowNanos)))) {
        return;
      }
    }
    portion.lessNanos = Optional.empty();
    portion.limit = Optional.of(claims);
    said++;
    appetite.limits(zone, portion.domain(), claims);
  }

  private static boolean stays(Portion portion, long nowNanos) {
    if (portion.lessNanos.isEmpty()) {
      portion.lessNanos = Optional.of(nowNanos);
    }
    return nowNanos - portion.lessNanos.get() >= CALM_NANOS;
  }

  private static boolean alike(int before, int claims) {
    return before > 0
        && claims > 0
        && Math.abs(before - claims) <= Math.max(1, Math.max(before, claims) / 4);
  }

  private static void trim(Site site, Portion portion, List<Held> surplus) {
    if (portion.limit.isPresent() && portion.waiting > 0) {
      int most = Math.min(portion.waiting, portion.held() - portion.limit.get());
      if (most > 0) {
        surplus.addAll(site.takeYoungest(portion, most));
      }
    }
  }
}
