package io.mailraft.router;

import io.mailraft.config.DomainName;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What routing and the queue want to know of a mail address.
 *
 * <p>A domain has one spelling here, that of {@link DomainName}, so that it is queued, counted and
 * throttled once. An address literal stays in its brackets.
 */
public final class Addresses {
  private static final int LITERAL_CHARS_MAX = 60;
  private static final String IPV6_TAG = "ipv6:";
  private static final Pattern IPV4 =
      Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-f:.]*:[0-9a-f:.]*");

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
    return text.startsWith("[") ? literal(text) : DomainName.of(text);
  }

  /**
   * {@code [192.0.2.1]} or {@code [IPv6:2001:db8:0:0:0:0:0:1]}, however it was spelled (RFC 5321
   * 4.1.3).
   */
  private static Optional<String> literal(String text) {
    if (!text.endsWith("]") || text.length() > LITERAL_CHARS_MAX) {
      return Optional.empty();
    }
    String inner = text.substring(1, text.length() - 1).toLowerCase(Locale.ROOT);
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
}
