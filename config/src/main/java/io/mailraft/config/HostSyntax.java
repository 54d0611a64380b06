package io.mailraft.config;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/** What host names and address literals look like. Looks nothing up. */
final class HostSyntax {
  private static final int NAME_CHARS_MAX = 253;
  private static final Pattern IPV4 =
      Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");
  private static final Pattern NAME =
      Pattern.compile(
          "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
              + "(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?){0,126}");
  private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(.*\\.)?[0-9]+");

  private HostSyntax() {}

  /**
   * The address of a literal such as {@code 192.0.2.1} or {@code 2001:db8::1}; empty for anything
   * else.
   */
  static Optional<InetAddress> literal(String text) {
    boolean shaped =
        text.indexOf(':') >= 0 ? IPV6.matcher(text).matches() : IPV4.matcher(text).matches();
    if (!shaped) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // Shaped like one and yet none, as 999.1.1.1 is.
    }
  }

  /**
   * Whether the text is a host name: letters, digits, hyphens and dots, and no mistyped address.
   */
  static boolean isName(String text) {
    return text.length() <= NAME_CHARS_MAX
        && NAME.matcher(text).matches()
        && !ENDS_IN_NUMBER.matcher(text).matches();
  }

  /** Whether the text is a host name or an address literal. */
  static boolean isHost(String text) {
    return isName(text) || literal(text).isPresent();
  }

  /**
   * Whether the host is this machine by its spelling alone: a loopback literal or {@code
   * localhost}.
   */
  static boolean isLoopback(String host) {
    return host.equalsIgnoreCase("localhost")
        || literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
  }
}
