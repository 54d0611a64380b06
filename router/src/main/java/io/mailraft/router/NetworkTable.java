package io.mailraft.router;

import io.mailraft.config.Cidr;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Networks and the zones that they are of. The longest prefix wins.
 *
 * <p>A look-up costs one probe for each prefix length that a network of the address's family has.
 */
final class NetworkTable {
  private static final int IPV4_BYTES = 4;

  /** The leading bits of an address, as a key. */
  private record Bits(long high, long low, int prefix) {
    Bits first(int bits) {
      return new Bits(high & mask(bits), low & mask(bits - Long.SIZE), bits);
    }

    /** The first so many bits of a word; none for 0 and less, all for 64 and more. */
    private static long mask(int bits) {
      return bits <= 0 ? 0 : bits >= Long.SIZE ? -1L : -1L << (Long.SIZE - bits);
    }
  }

  /** Networks of one address family. */
  private static final class Family {
    private final Map<Bits, Match> networks = new HashMap<>();
    private final TreeSet<Integer> prefixSet = new TreeSet<>();
    private int[] longestFirst = {};

    void add(String zone, Cidr network) {
      networks.putIfAbsent(
          words(network.network().getAddress()).first(network.prefix()),
          new Match(zone, network.toString()));
      if (prefixSet.add(network.prefix())) {
        longestFirst = prefixSet.descendingSet().stream().mapToInt(Integer::intValue).toArray();
      }
    }

    Optional<Match> find(byte[] address, Predicate<String> usable) {
      Bits whole = words(address);
      for (int prefix : longestFirst) {
        Match match = networks.get(whole.first(prefix));
        if (match != null && usable.test(match.zone())) {
          return Optional.of(match);
        }
      }
      return Optional.empty();
    }
  }

  private final Family ipv4 = new Family();
  private final Family ipv6 = new Family();

  /** Adds the networks of a zone. Of two zones with an equal one, the first keeps it. */
  void add(String zone, List<Cidr> added) {
    for (Cidr network : added) {
      family(network.network().getAddress()).add(zone, network);
    }
  }

  /** The smallest network around an address whose zone is usable. */
  Optional<Match> find(InetAddress address, Predicate<String> usable) {
    byte[] bytes = address.getAddress();
    return family(bytes).find(bytes, usable);
  }

  private Family family(byte[] address) {
    return address.length == IPV4_BYTES ? ipv4 : ipv6;
  }

  /** A whole address; one of IPv4 fills the first of the words from its top. */
  private static Bits words(byte[] address) {
    byte[] wide = Arrays.copyOf(address, 2 * Long.BYTES);
    return new Bits(word(wide, 0), word(wide, Long.BYTES), 2 * Long.SIZE);
  }

  private static long word(byte[] bytes, int from) {
    long word = 0;
    for (int i = from; i < from + Long.BYTES; i++) {
      word = word << Byte.SIZE | (bytes[i] & 0xff);
    }
    return word;
  }
}
