package io.mailraft.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A network in CIDR notation, IPv4 or IPv6.
 *
 * @param network first address of the network
 * @param prefix number of leading bits that count
 */
public record Cidr(InetAddress network, int prefix) {

  private static final Pattern PREFIX = Pattern.compile("[0-9]{1,3}");

  public Cidr {
    int bits = network.getAddress().length * 8;
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException("the prefix " + prefix + " is not in 0 to " + bits);
    }
    InetAddress first = first(network, prefix);
    if (!first.equals(network)) {
      throw new IllegalArgumentException(
          network.getHostAddress()
              + " has bits set beyond its prefix; write "
              + first.getHostAddress()
              + "/"
              + prefix);
    }
  }

  /**
   * Reads {@code address/prefix} or a single address.
   *
   * @throws IllegalArgumentException if the text is no such network; the message says what would be
   *     right
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    InetAddress network =
        HostSyntax.literal(slash < 0 ? text : text.substring(0, slash))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        Problems.quoted(text)
                            + " is not a network; write address/prefix, like 192.0.2.0/24"));
    if (slash < 0) {
      return new Cidr(network, network.getAddress().length * 8);
    }
    String prefix = text.substring(slash + 1);
    if (!PREFIX.matcher(prefix).matches()) {
      throw new IllegalArgumentException(Problems.quoted(text) + ": the prefix is not a number");
    }
    return new Cidr(network, Integer.parseInt(prefix));
  }

  private static InetAddress first(InetAddress address, int prefix) {
    byte[] bytes = address.getAddress();
    for (int bit = prefix; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] &= (byte) ~(0x80 >> (bit & 7));
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are always an address", e);
    }
  }

  /** Whether the address lies in this network. Addresses of the other family never do. */
  public boolean contains(InetAddress address) {
    byte[] ours = network.getAddress();
    byte[] theirs = address.getAddress();
    if (ours.length != theirs.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit++) {
      int mask = 0x80 >> (bit & 7);
      if (((ours[bit >> 3] ^ theirs[bit >> 3]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return network.getHostAddress() + "/" + prefix;
  }
}
