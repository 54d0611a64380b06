package io.mailraft.delivery;

import io.mailraft.config.ZoneConfig;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

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
  record ToSite(String key, List<Host> hosts, int port, boolean fixed) implements Route {
    private static final int NAME_CHARS_MAX = 120;

    /**
     * What counters and people call the site: its hosts, in the order of their names, and its port.
     * The same on every node. Of many hosts the first is named, with a number made of all.
     */
    String siteName() {
      TreeSet<String> names =
          hosts.stream().map(Host::name).collect(Collectors.toCollection(TreeSet::new));
      String all = String.join(",", names);
      if (all.length() <= NAME_CHARS_MAX) {
        return all + ":" + port;
      }
      return names.first() + ",.." + Integer.toHexString(all.hashCode()) + ":" + port;
    }

    /** Whether it is a route of the zone as that is: its next hop fixed likewise, and its port. */
    boolean fits(ZoneConfig zone) {
      return port == zone.port()
          && fixed == zone.host().isPresent()
          && zone.host().filter(host -> !key.equals(host + ":" + port)).isEmpty();
    }

    /** Names of the hosts that throttles know it by; none where the operator named the host. */
    List<String> mxHosts() {
      return fixed ? List.of() : hosts.stream().map(Host::name).toList();
    }
  }

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
