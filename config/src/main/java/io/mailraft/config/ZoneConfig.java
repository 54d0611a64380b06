package io.mailraft.config;

import java.util.Optional;

/**
 * A sending zone.
 *
 * @param name name of the zone; 1 to 63 of {@code a-z 0-9 - _}
 * @param connections most open connections for this zone, all nodes together
 * @param host fixed next hop, a name or an address; without it MX lookup decides
 * @param port port of the next hop, or of every MX host
 * @param routing which mail is the zone's
 * @param pool from where its mail goes out
 * @param throttle sends of the whole zone in a time, all nodes together
 */
public record ZoneConfig(
    String name,
    int connections,
    Optional<String> host,
    int port,
    ZoneRouting routing,
    ZonePool pool,
    Optional<Rate> throttle) {

  /** A zone that no routing rule names, without a pool and a rate of its own. */
  public ZoneConfig(String name, int connections, Optional<String> host, int port) {
    this(name, connections, host, port, ZoneRouting.NONE);
  }

  /** A zone without a pool and a rate of its own. */
  public ZoneConfig(
      String name, int connections, Optional<String> host, int port, ZoneRouting routing) {
    this(name, connections, host, port, routing, ZonePool.NONE, Optional.empty());
  }
}
