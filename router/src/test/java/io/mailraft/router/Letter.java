package io.mailraft.router;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A message to be routed, made of plain values. */
record Letter(
    Map<String, String> fields,
    Optional<String> fromDomain,
    Optional<String> sendingZone,
    boolean trusted,
    String sender,
    Optional<String> origin) {

  /** A message of which nothing is known. */
  static final Letter BLANK =
      new Letter(Map.of(), Optional.empty(), Optional.empty(), true, "", Optional.empty());

  /** A message with header fields as {@code Name: value; Name: value}. */
  static Letter of(String fields, String sender, String origin) {
    Map<String, String> others = new TreeMap<>();
    Optional<String> fromDomain = Optional.empty();
    Optional<String> sendingZone = Optional.empty();
    boolean trusted = true;
    for (String field : fields.isEmpty() ? new String[0] : fields.split("; ", -1)) {
      String[] parts = field.split(": ", 2);
      switch (parts[0]) {
        case "From" -> fromDomain = Optional.of(parts[1]);
        case "X-Sending-Zone" -> sendingZone = Optional.of(parts[1]);
        case "Untrusted" -> {
          sendingZone = Optional.of(parts[1]);
          trusted = false;
        }
        default -> others.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
      }
    }
    return new Letter(
        others,
        fromDomain,
        sendingZone,
        trusted,
        sender,
        Optional.of(origin).filter(text -> !text.isEmpty()));
  }

  Submission submission() {
    return new Submission(
        new Headers() {
          @Override
          public Optional<String> sendingZone() {
            return sendingZone;
          }

          @Override
          public Optional<String> fromDomain() {
            return fromDomain;
          }

          @Override
          public Map<String, String> values(Set<String> names) {
            Map<String, String> values = new TreeMap<>(fields);
            values.keySet().retainAll(names);
            return values;
          }
        },
        sender,
        origin.map(InetAddress::ofLiteral),
        trusted);
  }
}
