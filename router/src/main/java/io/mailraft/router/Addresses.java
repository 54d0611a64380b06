package io.mailraft.router;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What routing and the queue want to know of a mail address.
 *
 * <p>A domain has one spelling here, so that it is queued, counted and throttled once: lower case,
 * each label that is not ASCII in its A-label form ({@code xn--...}), no final dot. An address
 * literal stays in its brackets.
 */
public final class Addresses {
  private static final int DOMAIN_CHARS_MAX = 253;
  private static final int LABEL_CHARS_MAX = 63;
  private static final int LITERAL_CHARS_MAX = 60;
  private static final String IPV6_TAG = "ipv6:";
  private static final Pattern IPV4 =
      Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-f:.]*:[0-9a-f:.]*");

  /** The full stops of other scripts, which UTS #46 reads as dots. */
  private static final Pattern DOTS = Pattern.compile("[\u3002\uFF0E\uFF61]");

  private Addresses() {}

  /**
   * The domain of an address.
   *
   * @param address without angle brackets; a quoted local part may hold an {@code @}
   * @return empty where there is no domain that a name server could know
   */
  public static Optional<String> domainOf(String address) {
    int at = address.lastIndexOf('@');
    return at < 1 ? Optional.empty() : domain(address.substring(at + 1));
  }

  /** A domain or an address literal in its one spelling; empty where it can be neither. */
  public static Optional<String> domain(String text) {
    if (text.startsWith("[")) {
      return literal(text);
    }
    if (text.isEmpty() || text.length() > DOMAIN_CHARS_MAX) {
      return Optional.empty();
    }
    StringBuilder domain = new StringBuilder(text.length());
    String last = "";
    for (String label : DOTS.matcher(text).replaceAll(".").split("\\.", -1)) {
      Optional<String> ascii =
          isAscii(label) ? Optional.of(lowerCase(label)) : Idna.toALabel(label);
      if (ascii.isEmpty() || !isLabel(ascii.get())) {
        return Optional.empty();
      }
      last = ascii.get();
      domain.append(domain.isEmpty() ? "" : ".").append(last);
    }
    boolean numeric = last.chars().allMatch(c -> c >= '0' && c <= '9');
    return numeric || domain.length() > DOMAIN_CHARS_MAX
        ? Optional.empty()
        : Optional.of(domain.toString());
  }

  /**
   * {@code [192.0.2.1]} or {@code [IPv6:2001:db8:0:0:0:0:0:1]}, however it was spelled (RFC 5321
   * 4.1.3).
   */
  private static Optional<String> literal(String text) {
    if (!text.endsWith("]") || text.length() > LITERAL_CHARS_MAX) {
      return Optional.empty();
    }
    String inner = lowerCase(text.substring(1, text.length() - 1));
    boolean tagged = inner.startsWith(IPV6_TAG);
    String address = tagged ? inner.substring(IPV6_TAG.length()) : inner;
    if (!(tagged ? IPV6 : IPV4).matcher(address).matches()) {
      return Optional.empty();
    }
    try {
      String spelled = InetAddress.ofLiteral(address).getHostAddress();
      // An IPv4 address inside an IPv6 one is the IPv4 address.
      return Optional.of(spelled.indexOf(':') < 0 ? "[" + spelled + "]" : "[IPv6:" + spelled + "]");
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // Shaped like an address and yet none, as 999.1.1.1 is.
    }
  }

  /** Letters, digits, hyphens inside, and underscores, which some real domains have. */
  private static boolean isLabel(String label) {
    int length = label.length();
    if (length == 0
        || length > LABEL_CHARS_MAX
        || label.charAt(0) == '-'
        || label.charAt(length - 1) == '-') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = label.charAt(i);
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
        return false;
      }
    }
    return true;
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  private static String lowerCase(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
