package io.mailraft.config;

import java.util.Optional;

/**
 * A sending zone.
 *
 * @param name name of the zone; 1 to 63 of {@code a-z 0-9 - _}
 * @param connections most open connections of one node for this zone
 * @param host fixed next hop, a name or an address; without it MX lookup decides
 * @param port port of the next hop, or of every MX host
 * @param routing which mail is the zone's
 */
public record ZoneConfig(
    String name, int connections, Optional<String> host, int port, ZoneRouting routing) {

  /** A zone that no routing rule names. */
  public ZoneConfig(String name, int connections, Optional<String> host, int port) {
    this(name, connections, host, port, ZoneRouting.NONE);
  }
}
