package io.mailraft.node.access;

import io.mailraft.config.Quotas;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.Optional;

/** Tells by an address who counts as one client: an IPv4 address, or all of an IPv6 site. */
public final class ClientSite {
  /** Bytes of an IPv6 address that tell one client from another: a site has the rest to itself. */
  private static final int IPV6_SITE_BYTES = 8;

  private ClientSite() {}

  /** Whose requests and sessions count together: those of an account, else those of a site. */
  public static String name(Optional<Account> account, InetAddress client) {
    return account
        .map(known -> "account " + Quotas.account(known.name()))
        .orElseGet(() -> "address " + of(client));
  }

  /** What all addresses of a client have in common. */
  public static String of(InetAddress client) {
    byte[] address = client.getAddress();
    return HexFormat.of()
        .formatHex(address, 0, address.length > 4 ? IPV6_SITE_BYTES : address.length);
  }
}
