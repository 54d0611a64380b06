package io.mailraft.delivery;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of a domain's claims in a zone, had this node more of them.
 *
 * @param limit how many claims of the domain can be used; empty where it is not limited
 * @param held claims of the domain that are held
 * @param ways how the domain's mail goes, by site and source; empty where nothing is known of that
 * @param zoneHeld claims of the zone that are held
 * @param zoneWanted claims of the zone that can be used, those of limited domains not counted
 * @param connections the zone's connections that are open or being opened
 * @param connectionsMax this node's part of the zone's connections
 */
public record Outlook(
    Optional<Limit> limit,
    int held,
    List<SiteState> ways,
    int zoneHeld,
    int zoneWanted,
    int connections,
    int connectionsMax) {

  /**
   * No more than so many claims of a domain can be used.
   *
   * @param claims 0 at least
   * @param since since when the domain is limited
   */
  public record Limit(int claims, Instant since) {}

  public Outlook {
    ways = List.copyOf(ways);
  }
}
