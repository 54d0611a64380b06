package io.mailraft.node.message;

import io.mailraft.router.Headers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What routing and the queue want to know of a message's header section. Values are unfolded and
 * trimmed, and otherwise as they came.
 */
public final class HeaderFacts implements Headers {
  private final byte[] section;
  private final int length;
  private final String messageId;
  private final Optional<String> from;
  private final Optional<String> sendingZone;

  HeaderFacts(
      byte[] section,
      int length,
      String messageId,
      Optional<String> from,
      Optional<String> sendingZone) {
    this.section = section;
    this.length = length;
    this.messageId = messageId;
    this.from = from;
    this.sendingZone = sendingZone;
  }

  /** Value of the Message-ID field, the added one where there was none. */
  public String messageId() {
    return messageId;
  }

  /** Domain of the first mailbox of the From field, as a lower case A-label. */
  @Override
  public Optional<String> fromDomain() {
    return from.flatMap(FromDomain::of);
  }

  /** Value of the X-Sending-Zone field, which the stored message does not hold any more. */
  @Override
  public Optional<String> sendingZone() {
    return sendingZone;
  }

  /** Values of the first field of each name, among the fields that came in and stay. */
  @Override
  public Map<String, String> values(Set<String> names) {
    Map<String, String> values = new HashMap<>();
    int position = 0;
    while (position < length && values.size() < names.size()) {
      int nameEnd = position;
      while (nameEnd < length && section[nameEnd] > ' ' && section[nameEnd] != ':') {
        nameEnd++;
      }
      int end = fieldEnd(nameEnd);
      String name =
          new String(section, position, nameEnd - position, StandardCharsets.ISO_8859_1)
              .toLowerCase(Locale.ROOT);
      if (names.contains(name) && !values.containsKey(name)) {
        values.put(name, value(section, nameEnd, end));
      }
      position = end;
    }
    return values;
  }

  private int fieldEnd(int from) {
    int position = from;
    while (position < length) {
      if (section[position++] == '\n'
          && (position == length || (section[position] != ' ' && section[position] != '\t'))) {
        break;
      }
    }
    return position;
  }

  static boolean named(byte[] section, int start, int end, String lowerCase) {
    if (end - start != lowerCase.length()) {
      return false;
    }
    for (int i = 0; i < lowerCase.length(); i++) {
      int b = section[start + i];
      if (b >= 'A' && b <= 'Z') {
        b += 'a' - 'A';
      }
      if (b != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The value of a field whose name ends at {@code nameEnd} and which itself ends before {@code
   * end}.
   */
  static String value(byte[] section, int nameEnd, int end) {
    int start = nameEnd;
    while (section[start] != ':') {
      start++;
    }
    String raw = new String(section, start + 1, end - start - 1, StandardCharsets.UTF_8);
    if (raw.indexOf('\r') == raw.length() - 2) {
      return raw.strip();
    }
    StringBuilder unfolded = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\r' && c != '\n') {
        unfolded.append(c);
      }
    }
    return unfolded.toString().strip();
  }
}
