package io.mailraft.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the routing keys of the zones of one document, and refuses what two zones both ask for.
 *
 * <p>Equal keys in two zones contradict each other. Overlapping ones do not: the router takes the
 * most specific. The same key twice in one zone says nothing else than once.
 */
final class RoutingReader {
  private static final String HEADERS = "routingHeaders";
  private static final String SENDER_DOMAINS = "senderDomains";
  private static final String RECIPIENT_DOMAINS = "recipientDomains";
  private static final String ORIGIN_ADDRESSES = "originAddresses";

  /** A field name of RFC 5322, 2.2. */
  private static final Pattern HEADER_NAME = Pattern.compile("[!-9;-~]{1,100}");

  /** Fields that are taken out before the message is routed. */
  private static final Set<String> REMOVED_HEADERS = Set.of("bcc", "resent-bcc");

  private static final String SENDING_ZONE_HEADER = "x-sending-zone";
  private static final int HEADER_VALUE_CHARS_MAX = 255;
  private static final int LIST_MAX = 200_000;

  /** Most header values, domains and networks of all zones together. */
  private static final int KEYS_MAX = 200_000;

  private record Key(String rule, Object value) {}

  private record Owner(String zone, int line) {}

  private final Map<Key, Owner> owners = new HashMap<>();

  /** The routing of one zone. */
  ZoneRouting read(String zone, Section section) {
    return new ZoneRouting(
        headers(zone, section.section(HEADERS)),
        domains(zone, section, SENDER_DOMAINS),
        domains(zone, section, RECIPIENT_DOMAINS),
        distinct(
            section.listWithLines(
                ORIGIN_ADDRESSES,
                LIST_MAX,
                (text, line) -> {
                  Cidr network = Cidr.parse(text);
                  take(new Key(ORIGIN_ADDRESSES, network), zone, line, text);
                  return network;
                })));
  }

  private List<DomainPattern> domains(String zone, Section section, String rule) {
    return distinct(
        section.listWithLines(
            rule,
            LIST_MAX,
            (text, line) -> {
              DomainPattern pattern = DomainPattern.parse(text);
              take(new Key(rule, pattern), zone, line, text);
              return pattern;
            }));
  }

  private Map<String, List<String>> headers(String zone, Section section) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (String written : section.keys()) {
      String name = written.toLowerCase(Locale.ROOT);
      checkName(section, written, name);
      List<String> values =
          section.oneOrMore(
              written,
              LIST_MAX,
              (text, line) -> {
                String value = value(text);
                take(
                    new Key(HEADERS, List.of(name, value.toLowerCase(Locale.ROOT))),
                    zone,
                    line,
                    name + ": " + value);
                return value;
              });
      headers.computeIfAbsent(name, absent -> new ArrayList<>()).addAll(values);
    }
    headers.replaceAll((name, values) -> distinctIgnoringCase(values));
    return headers;
  }

  private static void checkName(Section section, String written, String name) {
    if (!HEADER_NAME.matcher(name).matches()) {
      section.refuse(written, "a header's name is 1 to 100 printable ASCII characters without :");
    } else if (name.equals(SENDING_ZONE_HEADER)) {
      section.refuse(
          written, "X-Sending-Zone names a zone by itself; use a header of your own here");
    } else if (REMOVED_HEADERS.contains(name)) {
      section.refuse(written, "this header is removed from every message; use another one");
    }
  }

  private static String value(String text) {
    String value = text.strip();
    if (value.isEmpty()) {
      throw new IllegalArgumentException("is empty; give the header's whole value");
    }
    if (value.length() > HEADER_VALUE_CHARS_MAX) {
      throw new IllegalArgumentException(
          Problems.quoted(value) + " is longer than " + HEADER_VALUE_CHARS_MAX + " characters");
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          Problems.quoted(value) + " holds a control character, which no header's value does");
    }
    return value;
  }

  private void take(Key key, String zone, int line, String shown) {
    Owner first = owners.putIfAbsent(key, new Owner(zone, line));
    if (first != null && !first.zone().equals(zone)) {
      throw new IllegalArgumentException(
          Problems.quoted(shown)
              + " is the zone "
              + Problems.quoted(first.zone())
              + "'s already, in line "
              + first.line()
              + "; give it to one of the two");
    }
    if (owners.size() > KEYS_MAX) {
      throw new IllegalArgumentException(
          "more than " + KEYS_MAX + " header values, domains and networks in all zones");
    }
  }

  private static <T> List<T> distinct(List<T> values) {
    return List.copyOf(new LinkedHashSet<>(values));
  }

  private static List<String> distinctIgnoringCase(List<String> values) {
    Map<String, String> firsts = new LinkedHashMap<>();
    values.forEach(value -> firsts.putIfAbsent(value.toLowerCase(Locale.ROOT), value));
    return List.copyOf(firsts.values());
  }
}
