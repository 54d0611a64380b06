package io.mailraft.delivery;

import io.mailraft.config.PoolSource;
import io.mailraft.config.Rate;
import io.mailraft.config.Throttle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What binds the mail of one site from one source: the counters that each send is taken from, and
 * the limits that each connection counts under. Immutable.
 *
 * @param counters names of the counters with a rate, the zone's first
 * @param caps limits of open connections
 * @param perSecond sends a second that the site's own throttles leave, the zone's rate aside;
 *     infinite where there is none
 * @param spacingNanos longest time between two sends by any of the rates; 0 where there is none
 */
record Terms(List<String> counters, List<Cap> caps, double perSecond, double spacingNanos) {

  /** Nothing binds it. */
  static final Terms FREE = new Terms(List.of(), List.of(), Double.POSITIVE_INFINITY, 0);

  /**
   * A limit of open connections.
   *
   * @param counter its name
   * @param limit this node's part of it; 0 where it has none
   */
  record Cap(String counter, int limit) {}

  Terms {
    counters = List.copyOf(counters);
    caps = List.copyOf(caps);
  }

  /**
   * The terms of a plan.
   *
   * @param binding throttles that bind the site
   * @param site its name
   * @param source text of the source's address
   */
  static Terms of(ZonePlan plan, List<Throttle> binding, String site, String source) {
    Optional<Rate> zoneRate = plan.config().throttle();
    Optional<PoolSource> warming =
        plan.sources().stream()
            .filter(each -> each.warmUp().isPresent())
            .filter(each -> each.address().getHostAddress().equals(source))
            .findFirst();
    if (binding.isEmpty() && zoneRate.isEmpty() && warming.isEmpty()) {
      return FREE;
    }
    String zone = plan.config().name();
    List<String> counters = new ArrayList<>(3);
    List<Cap> caps = new ArrayList<>(2);
    double perSecond = Double.POSITIVE_INFINITY;
    double spacingNanos = 0;
    if (zoneRate.isPresent()) {
      counters.add(Throttle.zoneCounter(zone));
      spacingNanos = zoneRate.get().spacingNanos();
    }
    warming.ifPresent(each -> counters.add(Throttle.warmUpCounter(each.address())));
    for (Throttle throttle : binding) {
      String counter = throttle.counter(zone, site, source);
      if (throttle.rate().isPresent()) {
        counters.add(counter);
        double spacing = throttle.rate().get().spacingNanos();
        spacingNanos = Math.max(spacingNanos, spacing);
        perSecond = Math.min(perSecond, 1e9 / spacing);
      }
      if (throttle.connections().isPresent()) {
        int limit = plan.shares().of(counter, throttle.connections().getAsInt());
        caps.add(new Cap(counter, limit));
      }
    }
    return new Terms(counters, caps, perSecond, spacingNanos);
  }

  /** The counter of the warm-up against which each send counts, if it does. */
  Optional<String> warmUp() {
    for (String counter : counters) {
      if (counter.startsWith(Throttle.WARM_UP)) {
        return Optional.of(counter);
      }
    }
    return Optional.empty();
  }

  /** Whether a connection limit leaves this node none at all. */
  boolean shareless() {
    return !caps.isEmpty() && caps.stream().anyMatch(cap -> cap.limit() <= 0);
  }
}
