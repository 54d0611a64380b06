package io.mailraft.node.message;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;

/**
 * A reverse or forward path of a MAIL or RCPT command (RFC 5321 4.1.2, RFC 6531 3.3).
 *
 * @param address the mailbox without brackets and source route, its local part quoted only where it
 *     must be; empty for the null path
 * @param hasDomain whether the mailbox has a domain; true for the null path
 * @param needsUtf8 whether the mailbox holds anything beyond ASCII
 * @param end where the text after the closing bracket begins
 */
public record SmtpPath(String address, boolean hasDomain, boolean needsUtf8, int end) {
  private static final int LOCAL_OCTETS_MAX = 64;
  private static final int DOMAIN_OCTETS_MAX = 255;
  private static final int LABEL_OCTETS_MAX = 63;
  private static final int PATH_OCTETS_MAX = 256;

  /** Reads the path that begins at the given position; empty where it is not well-formed. */
  public static Optional<SmtpPath> parse(String text, int start) {
    return new Parser(text, start).path();
  }

  /** The local part with the bytes that belong to it in comparison. */
  public String localPart() {
    return address.substring(0, Math.max(0, address.lastIndexOf('@')));
  }

  private static int octets(CharSequence text) {
    int octets = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // A surrogate is half of a character of four octets.
      octets += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return octets;
  }

  /**
   * Reads by recursive descent. Every method leaves the position after what it took, or says false.
   */
  private static final class Parser {
    private final String text;
    private int position;
    private boolean utf8;

    Parser(String text, int start) {
      this.text = text;
      this.position = start;
    }

    Optional<SmtpPath> path() {
      if (!take('<')) {
        return Optional.empty();
      }
      if (take('>')) {
        return Optional.of(new SmtpPath("", true, false, position));
      }
      if (peek('@') && !sourceRoute()) {
        return Optional.empty();
      }
      utf8 = false;
      int localStart = position;
      Optional<String> local = localPart();
      if (local.isEmpty()
          || octets(text.substring(localStart, position)) > LOCAL_OCTETS_MAX
          || octets(local.get()) > LOCAL_OCTETS_MAX) {
        return Optional.empty();
      }
      String address = local.get();
      boolean hasDomain = take('@');
      if (hasDomain) {
        int domainStart = position;
        if (!(peek('[') ? literal() : domain())) {
          return Optional.empty();
        }
        String domain = text.substring(domainStart, position);
        if (octets(domain) > DOMAIN_OCTETS_MAX
            || octets(text.substring(localStart, position)) + 2 > PATH_OCTETS_MAX) {
          return Optional.empty();
        }
        address = address + '@' + domain;
      }
      if (!take('>')) {
        return Optional.empty();
      }
      return Optional.of(new SmtpPath(address, hasDomain, utf8, position));
    }

    /** {@code @a,@b:} which is read over (RFC 5321 appendix C). */
    private boolean sourceRoute() {
      do {
        if (!take('@') || !domain()) {
          return false;
        }
      } while (take(','));
      return take(':');
    }

    private Optional<String> localPart() {
      if (peek('"')) {
        return quotedString();
      }
      int start = position;
      do {
        if (!atom()) {
          return Optional.empty();
        }
      } while (take('.'));
      return Optional.of(text.substring(start, position));
    }

    private boolean atom() {
      int start = position;
      while (position < text.length() && isAtomCharacter()) {
        position += Character.charCount(text.codePointAt(position));
      }
      return position > start;
    }

    private boolean isAtomCharacter() {
      int c = text.codePointAt(position);
      if (c < 0x80) {
        return isLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~".indexOf(c) >= 0;
      }
      return isBeyondAscii(c);
    }

    /** A quoted string; its content alone where that would do as a dot-string. */
    private Optional<String> quotedString() {
      take('"');
      StringBuilder content = new StringBuilder();
      while (position < text.length() && text.charAt(position) != '"') {
        int c = text.codePointAt(position);
        if (c == '\\') {
          position++;
          if (position == text.length()) {
            return Optional.empty();
          }
          c = text.codePointAt(position);
          if (c < ' ' || c > '~') {
            return Optional.empty();
          }
        } else if (c < 0x80 ? (c < ' ' || c == 0x7f) : !isBeyondAscii(c)) {
          return Optional.empty();
        }
        content.appendCodePoint(c);
        position += Character.charCount(c);
      }
      if (!take('"')) {
        return Optional.empty();
      }
      Parser plain = new Parser(content.toString(), 0);
      if (!plain.peek('"') && plain.localPart().isPresent() && plain.atEnd()) {
        return Optional.of(content.toString());
      }
      String escaped = content.toString().replace("\\", "\\\\").replace("\"", "\\\"");
      return Optional.of('"' + escaped + '"');
    }

    private boolean domain() {
      do {
        int start = position;
        while (position < text.length() && isLabelCharacter()) {
          position += Character.charCount(text.codePointAt(position));
        }
        if (position == start
            || octets(text.substring(start, position)) > LABEL_OCTETS_MAX
            || text.charAt(start) == '-'
            || text.charAt(position - 1) == '-') {
          return false;
        }
      } while (take('.'));
      return true;
    }

    private boolean isLabelCharacter() {
      int c = text.codePointAt(position);
      return c < 0x80 ? isLetterOrDigit(c) || c == '-' : isBeyondAscii(c);
    }

    /** An address literal: {@code [192.0.2.1]} or {@code [IPv6:2001:db8::1]}. */
    private boolean literal() {
      take('[');
      int close = text.indexOf(']', position);
      if (close < 0) {
        return false;
      }
      String literal = text.substring(position, close);
      position = close + 1;
      return isAddress(literal);
    }

    /** Notes a character beyond ASCII, and says whether it may stand in an address. */
    private boolean isBeyondAscii(int c) {
      utf8 = true;
      return switch (Character.getType(c)) {
        case Character.CONTROL,
            Character.FORMAT,
            Character.LINE_SEPARATOR,
            Character.PARAGRAPH_SEPARATOR,
            Character.SPACE_SEPARATOR,
            Character.SURROGATE,
            Character.UNASSIGNED ->
            false;
        default -> true;
      };
    }

    private boolean peek(char c) {
      return position < text.length() && text.charAt(position) == c;
    }

    private boolean take(char c) {
      if (!peek(c)) {
        return false;
      }
      position++;
      return true;
    }

    private boolean atEnd() {
      return position == text.length();
    }
  }

  static boolean isAddress(String literal) {
    boolean v6 = literal.regionMatches(true, 0, "IPv6:", 0, 5);
    String address = v6 ? literal.substring(5) : literal;
    for (int i = 0; i < address.length(); i++) {
      char c = address.charAt(i);
      boolean plain = c == '.' || (c >= '0' && c <= '9');
      boolean hex = c < 0x80 && (c == ':' || Character.digit(c, 16) >= 0);
      if (!plain && !(v6 && hex)) {
        return false;
      }
    }
    try {
      InetAddress parsed = v6 ? Inet6Address.ofLiteral(address) : Inet4Address.ofLiteral(address);
      return v6 ? address.indexOf(':') >= 0 : parsed.getHostAddress().equals(address);
    } catch (IllegalArgumentException e) {
      return false; // The JDK's way of saying that it is no address.
    }
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
