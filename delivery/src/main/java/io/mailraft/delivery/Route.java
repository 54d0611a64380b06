package io.mailraft.delivery;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** Where the mail of one domain goes. */
sealed interface Route {

  /**
   * To a site.
   *
   * @param key name of the site: its hosts and port; many domains may have the same
   * @param hosts its hosts, the most preferred first
   * @param port their port
   * @param fixed whether the operator named the host, who may name loopback, too
   */
  record ToSite(String key, List<Host> hosts, int port, boolean fixed) implements Route {}

  /** Nowhere, or not for now. */
  record Refused(Reply reply) implements Route {}

  /**
   * A host of a site.
   *
   * @param preference as in its MX record
   * @param name host name, or the text of the literal
   * @param literal the address where it is known without a lookup
   */
  record Host(int preference, String name, Optional<InetAddress> literal) {}
}
