package io.mailraft.node.message;

import io.mailraft.router.Addresses;
import java.util.Optional;

/** Finds the domain in the value of a From field, through display names, quotes and comments. */
final class FromDomain {
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
    return at < 0
        ? Optional.empty()
        : Addresses.domain(mailbox.substring(at + 1)).filter(domain -> !domain.startsWith("["));
  }
}
