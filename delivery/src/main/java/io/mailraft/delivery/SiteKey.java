package io.mailraft.delivery;

import io.mailraft.config.Throttle;
import java.util.List;

/**
 * What makes a site of a zone: where its mail goes, and which throttles bind it. Domains with the
 * same hosts are one site as long as the same entries bind them.
 *
 * @param route key of the route
 * @param binding entry and scope of each throttle
 */
record SiteKey(String route, List<Bound> binding) {

  /** An entry, without its limits, which may change while the site stays. */
  record Bound(String entry, Throttle.Scope per) {}

  static SiteKey of(Route.ToSite route, List<Throttle> binding) {
    return binding.isEmpty()
        ? new SiteKey(route.key(), List.of())
        : new SiteKey(
            route.key(), binding.stream().map(one -> new Bound(one.entry(), one.per())).toList());
  }
}
