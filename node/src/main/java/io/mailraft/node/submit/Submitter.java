package io.mailraft.node.submit;

import io.mailraft.node.access.Handed;
import java.net.InetAddress;

/**
 * Who hands in a message, and how.
 *
 * @param origin client's address
 * @param helo what the client calls itself
 * @param protocol such as ESMTPSA or HTTP
 * @param user authenticated user; empty if none
 * @param tls TLS version and cipher; empty without TLS
 * @param trusted whether the zone that the message names is honoured
 */
public record Submitter(
    InetAddress origin, String helo, String protocol, String user, String tls, boolean trusted) {

  /** The client's address as text. */
  String originText() {
    return text(origin);
  }

  /** An address without the scope that an interface gives it. */
  public static String text(InetAddress from) {
    String address = from.getHostAddress();
    int scope = address.indexOf('%');
    return scope < 0 ? address : address.substring(0, scope);
  }

  /** The client's name, which nobody has looked up: its address in brackets. */
  String originHost() {
    return "[" + originText() + "]";
  }

  /**
   * What the user's own application is told.
   *
   * @param sender reverse path as the client gave it
   */
  public Handed handed(String sender) {
    return new Handed(sender, originText(), originHost(), helo, protocol, user);
  }
}
