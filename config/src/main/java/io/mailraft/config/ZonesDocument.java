package io.mailraft.config;

import java.util.Map;

/**
 * The zones of a cluster as a YAML text of their own: the form in which the control group stores
 * them.
 */
public final class ZonesDocument {

  private ZonesDocument() {}

  /**
   * Reads a text with the one key {@code zones}. The result always holds {@code default}.
   *
   * @param sourceName name of the text, as messages show it
   * @throws ConfigException as {@link ConfigLoader#load} does
   */
  public static Map<String, ZoneConfig> parse(String yaml, String sourceName)
      throws ConfigException {
    return Document.read(yaml, sourceName, root -> ZoneReader.zones(root.section("zones")));
  }

  /** The text that {@link #parse} reads back as equal zones in the same order. */
  public static String format(Map<String, ZoneConfig> zones) {
    StringBuilder yaml = new StringBuilder("zones:\n");
    for (ZoneConfig zone : zones.values()) {
      yaml.append("  ").append(quoted(zone.name())).append(":\n");
      yaml.append("    connections: ").append(zone.connections()).append('\n');
      zone.host().ifPresent(host -> yaml.append("    host: ").append(quoted(host)).append('\n'));
      yaml.append("    port: ").append(zone.port()).append('\n');
    }
    return yaml.toString();
  }

  /** Quoted, since a bare name like {@code null} or {@code ::1} would be something else in YAML. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
