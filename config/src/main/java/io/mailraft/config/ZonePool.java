package io.mailraft.config;

import java.util.List;

/**
 * From where a zone's mail goes out.
 *
 * @param sources its addresses; where there is none, every node serves the zone from its own
 * @param ipv6 which family of addresses is tried
 * @param hash which messages stick to one source
 */
public record ZonePool(List<PoolSource> sources, Ipv6 ipv6, PoolHash hash) {

  /** Every node's own addresses. */
  public static final ZonePool NONE = new ZonePool(List.of(), Ipv6.AUTO, PoolHash.NONE);

  /** Which family of addresses is tried. */
  public enum Ipv6 {
    /** Both, in turn. */
    AUTO,
    /** IPv6 first. */
    PREFER,
    /** IPv4 alone. */
    NEVER
  }

  /** What a message's source is chosen by. */
  public enum PoolHash {
    /** Weights alone. */
    NONE,
    /** The sender: its mail keeps one source for as long as the pool stays as it is. */
    FROM,
    /** The recipient's domain. */
    RECIPIENT_DOMAIN
  }

  public ZonePool {
    sources = List.copyOf(sources);
  }
}
