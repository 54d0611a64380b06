package io.mailraft.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the section {@code zones}. */
final class ZoneReader {
  static final String DEFAULT = "default";
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,63}");
  private static final int ZONES_MAX = 1000;
  private static final int CONNECTIONS_MAX = 100_000;
  private static final int CONNECTIONS = 50;
  private static final int SMTP_PORT = 25;

  private ZoneReader() {}

  static Map<String, ZoneConfig> zones(Section section) {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    RoutingReader routing = new RoutingReader();
    PoolReader pools = new PoolReader();
    List<String> names = section.keys();
    if (names.size() > ZONES_MAX) {
      section.refuse(names.get(ZONES_MAX), "more than " + ZONES_MAX + " zones");
    }
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        section.refuse(name, "a zone's name is 1 to 63 of a-z 0-9 - _");
      }
      zones.put(name, zone(name, section.section(name), routing, pools));
    }
    zones.computeIfAbsent(
        DEFAULT, name -> new ZoneConfig(name, CONNECTIONS, Optional.empty(), SMTP_PORT));
    return zones;
  }

  private static ZoneConfig zone(
      String name, Section section, RoutingReader routing, PoolReader pools) {
    ZoneConfig zone =
        new ZoneConfig(
            name,
            section.integer("connections", CONNECTIONS, 1, CONNECTIONS_MAX),
            section.value("host", ZoneReader::host),
            section.integer("port", SMTP_PORT, 1, 65_535),
            routing.read(name, section),
            pools.read(name, section),
            section.value("throttle", Rate::parse));
    section.end();
    return zone;
  }

  private static String host(String text) {
    if (!HostSyntax.isHost(text)) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is neither a host name nor an address");
    }
    return text;
  }
}
