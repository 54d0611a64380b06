package io.mailraft.config;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The zones of a cluster as a YAML text of their own: the form in which the control group stores
 * them.
 */
public final class ZonesDocument {
  /** Words that are no more than text to YAML: with a dot, and without what YAML would obey. */
  private static final Pattern PLAIN = Pattern.compile("[a-z][a-z0-9_-]*(\\.[a-z0-9_-]+)+");

  private static final int LINE_CHARS_MAX = 100;

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
      append(yaml, zone.routing());
    }
    return yaml.toString();
  }

  private static void append(StringBuilder yaml, ZoneRouting routing) {
    if (!routing.headers().isEmpty()) {
      yaml.append("    routingHeaders:\n");
      routing
          .headers()
          .forEach(
              (name, values) -> {
                yaml.append("      ").append(quoted(name)).append(": ");
                append(yaml, values);
              });
    }
    append(yaml, "senderDomains", routing.senderDomains());
    append(yaml, "recipientDomains", routing.recipientDomains());
    append(yaml, "originAddresses", routing.originAddresses());
  }

  private static void append(StringBuilder yaml, String key, List<?> values) {
    if (!values.isEmpty()) {
      yaml.append("    ").append(key).append(": ");
      append(yaml, values.stream().map(Object::toString).toList());
    }
  }

  /** A list between brackets, in lines of bearable length. */
  private static void append(StringBuilder yaml, List<String> values) {
    int lineStart = yaml.length();
    yaml.append('[');
    String separator = "";
    for (String value : values) {
      yaml.append(separator);
      if (yaml.length() - lineStart > LINE_CHARS_MAX) {
        yaml.append("\n       ");
        lineStart = yaml.length();
      }
      yaml.append(separator.isEmpty() ? "" : " ");
      yaml.append(PLAIN.matcher(value).matches() ? value : quoted(value));
      separator = ",";
    }
    yaml.append("]\n");
  }

  /** Quoted, since a bare name like {@code null} or {@code ::1} would be something else in YAML. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
