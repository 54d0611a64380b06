package io.mailraft.delivery;

/** Slows sites down, for those who read replies: "too many messages", "try again more slowly". */
@FunctionalInterface
public interface Brakes {

  /**
   * Halves the pace of a site in a zone, for all its sources on this node; from there it climbs
   * back by itself. Does nothing for a zone or site that has no mail here. Calls within one second
   * count as one.
   *
   * @param zone name of the zone
   * @param site name of the site, as in {@link SiteState#site}
   */
  void slowDown(String zone, String site);
}
