package io.mailraft.config;

import java.net.InetSocketAddress;
import java.util.regex.Pattern;

/**
 * An address to listen on or to connect to, written {@code host:port} or {@code [v6]:port}.
 *
 * @param host name or address literal, without brackets
 * @param port 0 to 65535; 0 asks the system for a free port where it is listened on
 */
public record HostPort(String host, int port) {

  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  /**
   * Reads {@code host:port}.
   *
   * @throws IllegalArgumentException if the text is not of that form; the message says what would
   *     be right
   */
  public static HostPort parse(String text) {
    String quoted = Problems.quoted(text);
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException(quoted + " is not host:port, like 127.0.0.1:2525");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
      if (host.indexOf(':') < 0) {
        throw new IllegalArgumentException(quoted + ": brackets are for an IPv6 address");
      }
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(quoted + ": an IPv6 address is written [address]:port");
    }
    if (!HostSyntax.isHost(host)) {
      throw new IllegalArgumentException(quoted + ": the host is neither a name nor an address");
    }
    String port = text.substring(colon + 1);
    if (!PORT.matcher(port).matches() || Integer.parseInt(port) > 65535) {
      throw new IllegalArgumentException(quoted + ": the port is not a number in 0 to 65535");
    }
    return new HostPort(host, Integer.parseInt(port));
  }

  /** The address, looked up anew on each call. */
  public InetSocketAddress toSocketAddress() {
    return new InetSocketAddress(host, port);
  }

  /**
   * Whether the host is this machine by its spelling alone: a loopback literal or {@code
   * localhost}. Any other name may be looked up elsewhere tomorrow, so it never is.
   */
  public boolean isLoopback() {
    return HostSyntax.isLoopback(host);
  }

  /** Whether the host is an address literal and so needs no look-up. */
  public boolean isLiteral() {
    return HostSyntax.literal(host).isPresent();
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
