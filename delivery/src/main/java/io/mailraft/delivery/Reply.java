package io.mailraft.delivery;

import java.util.List;
import java.util.regex.Pattern;

/**
 * An SMTP reply of a remote, or our own reason in the same form.
 *
 * @param code three digits
 * @param lines text of each line, without code and separator; one at least
 */
record Reply(int code, List<String> lines) {
  private static final int TEXT_CHARS_MAX = 2000;
  private static final Pattern ENHANCED = Pattern.compile("[245]\\.\\d{1,3}\\.\\d{1,3}\\b");
  private static final Pattern TOO_MANY =
      Pattern.compile("^[45]\\.5\\.3\\b|too many (?:recipients|rcpt)", Pattern.CASE_INSENSITIVE);

  /** Our own reason. */
  static Reply of(int code, String enhanced, String text) {
    return new Reply(code, List.of(enhanced + " " + text));
  }

  boolean positive() {
    return code / 100 == 2;
  }

  boolean permanent() {
    return code / 100 == 5;
  }

  /** The service closes the connection (RFC 5321 3.8). */
  boolean closing() {
    return code == 421;
  }

  /**
   * Whether it says, in answer to MAIL, that the host has trouble or wants less: 4yz, but for those
   * about the sender's address (RFC 3463 3.2).
   */
  boolean slows() {
    return code / 100 == 4 && !lines.getFirst().startsWith("4.1.");
  }

  /**
   * Whether it says, in answer to RCPT, that the transaction has as many recipients as the host
   * takes (RFC 5321 4.5.3.1.10, RFC 3463 3.6). A bare 452 does; one with another enhanced code is
   * about the recipient.
   */
  boolean tooManyRecipients() {
    if (code != 452 && code != 552) {
      return false;
    }
    String first = lines.getFirst();
    return TOO_MANY.matcher(first).find() || (code == 452 && !ENHANCED.matcher(first).lookingAt());
  }

  /** The same as a reply that is not for good. */
  Reply temporary() {
    return permanent() ? new Reply(code - 100, lines) : this;
  }

  /** Code and text in one line of printable ASCII, 2 KiB at most. */
  String text() {
    StringBuilder text = new StringBuilder(64).append(code);
    for (String line : lines) {
      text.append(' ');
      for (int i = 0; i < line.length(); i++) {
        if (text.length() >= TEXT_CHARS_MAX) {
          return text.append("...").toString();
        }
        char c = line.charAt(i);
        text.append(c >= ' ' && c <= '~' ? c : '?');
      }
    }
    return text.toString();
  }
}
