package io.mailraft.node.message;

import java.net.IDN;
import java.util.Locale;
import java.util.Optional;

/** Finds the domain in the value of a From field, through display names, quotes and comments. */
final class FromDomain {
  private static final int DOMAIN_LENGTH_MAX = 255;

  private FromDomain() {}

  /**
   * Domain of the first mailbox, as a lower case A-label; empty where there is none that a name
   * server could know.
   */
  static Optional<String> of(String value) {
    StringBuilder mailbox = new StringBuilder();
    boolean quoted = false;
    boolean angle = false;
    int comments = 0;
    scan:
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\' && (quoted || comments > 0)) {
        i++;
      } else if (quoted) {
        quoted = c != '"';
      } else if (c == '(') {
        comments++;
      } else if (comments > 0) {
        comments -= c == ')' ? 1 : 0;
      } else {
        switch (c) {
          case '"' -> quoted = true;
          case '<' -> {
            angle = true;
            mailbox.setLength(0);
          }
          case ':' -> mailbox.setLength(0);
          case ',', ';', '>' -> {
            if (angle || mailbox.indexOf("@") >= 0) {
              break scan;
            }
            mailbox.setLength(0);
          }
          case ' ', '\t' -> {}
          default -> mailbox.append(c);
        }
      }
    }
    int at = mailbox.lastIndexOf("@");
    return at < 0 ? Optional.empty() : aLabel(mailbox.substring(at + 1));
  }

  private static Optional<String> aLabel(String domain) {
    String ascii;
    try {
      ascii = IDN.toASCII(domain).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // Not a domain name; the caller has a default.
    }
    if (ascii.isEmpty() || ascii.length() > DOMAIN_LENGTH_MAX || ascii.startsWith(".")) {
      return Optional.empty();
    }
    for (int i = 0; i < ascii.length(); i++) {
      char c = ascii.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      boolean dot = c == '.' && i + 1 < ascii.length() && ascii.charAt(i + 1) != '.';
      if (!plain && !dot) {
        return Optional.empty();
      }
    }
    return Optional.of(ascii);
  }
}
