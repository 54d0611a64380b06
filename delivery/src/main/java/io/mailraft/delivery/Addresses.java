package io.mailraft.delivery;

import io.mailraft.config.ZonePool;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * Finds the addresses of a site's host that this node may connect to, and can from a source; IPv6
 * and IPv4 in turn, if the zone has nothing against it.
 */
final class Addresses {
  private static final String LOCALHOST = "localhost";

  /** What was found. */
  sealed interface Result {

    /** Addresses in the order to try; one at least. */
    record Usable(List<InetAddress> addresses) implements Result {}

    /**
     * None, and why.
     *
     * @param unsuited whether it is the source that does not fit
     */
    record Unusable(Reply reply, boolean unsuited) implements Result {}
  }

  private final Dns dns;
  private final Sources sources;
  private final boolean loopbackMx;

  Addresses(Dns dns, Sources sources, boolean loopbackMx) {
    this.dns = dns;
    this.sources = sources;
    this.loopbackMx = loopbackMx;
  }

  /** The address of 4 or 16 bytes. */
  static InetAddress of(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(bytes.length + " bytes are no address", e);
    }
  }

  /**
   * Never completes exceptionally.
   *
   * @param fixed whether the operator named the host
   */
  CompletableFuture<Result> find(
      Route.Host host, boolean fixed, Source source, ZonePool.Ipv6 ipv6) {
    Predicate<InetAddress> reaches =
        address ->
            (ipv6 != ZonePool.Ipv6.NEVER || address instanceof Inet4Address)
                && (source.own() ? sources.reaches(address) : source.reaches(address));
    if (host.literal().isPresent()) {
      return CompletableFuture.completedFuture(
          usable(host, fixed, reaches, List.of(host.literal().get())));
    }
    if (fixed && host.name().equals(LOCALHOST)) {
      // RFC 6761 6.3: the name means loopback, whatever name servers say.
      return CompletableFuture.completedFuture(
          usable(
              host,
              true,
              reaches,
              List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1"))));
    }
    CompletableFuture<Dns.Answer> six = lookup(host, fixed, Type.AAAA);
    CompletableFuture<Dns.Answer> four = lookup(host, fixed, Type.A);
    return six.thenCombine(
        four,
        (aaaa, a) -> {
          List<InetAddress> found = order(addresses(aaaa), addresses(a), ipv6);
          if (!found.isEmpty()) {
            return usable(host, fixed, reaches, found);
          }
          if (aaaa instanceof Dns.Answer.Trouble || a instanceof Dns.Answer.Trouble) {
            return unusable(451, "4.4.3", "Name servers do not answer for " + host.name());
          }
          return fixed
              ? unusable(451, "4.4.4", "Host " + host.name() + " has no address")
              : unusable(550, "5.4.4", "Host " + host.name() + " has no address");
        });
  }

  private CompletableFuture<Dns.Answer> lookup(Route.Host host, boolean fixed, int type) {
    return fixed ? dns.lookupWithHostsFile(host.name(), type) : dns.lookup(host.name(), type);
  }

  private Result usable(
      Route.Host host, boolean fixed, Predicate<InetAddress> reaches, List<InetAddress> found) {
    List<InetAddress> allowed =
        found.stream().filter(address -> fixed || loopbackMx || !forbidden(address)).toList();
    if (allowed.isEmpty()) {
      return unusable(554, "5.4.6", "Host " + host.name() + " points back to this machine");
    }
    List<InetAddress> reached = allowed.stream().filter(reaches).toList();
    if (reached.isEmpty()) {
      return new Result.Unusable(
          Reply.of(
              451, "4.4.4", "No local address of the family that host " + host.name() + " has"),
          true);
    }
    return new Result.Usable(reached);
  }

  private static boolean forbidden(InetAddress address) {
    return address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isMulticastAddress();
  }

  private static Result unusable(int code, String enhanced, String text) {
    return new Result.Unusable(Reply.of(code, enhanced, text), false);
  }

  private static List<InetAddress> addresses(Dns.Answer answer) {
    List<InetAddress> addresses = new ArrayList<>();
    if (answer instanceof Dns.Answer.Found(List<Record> records)) {
      for (Record record : records) {
        if (record instanceof ARecord a) {
          addresses.add(a.getAddress());
        } else if (record instanceof AAAARecord aaaa) {
          addresses.add(aaaa.getAddress());
        }
      }
    }
    return addresses;
  }

  private static List<InetAddress> order(
      List<InetAddress> six, List<InetAddress> four, ZonePool.Ipv6 ipv6) {
    if (ipv6 != ZonePool.Ipv6.PREFER) {
      return interleave(six, four);
    }
    List<InetAddress> both = new ArrayList<>(six);
    both.addAll(four);
    return both;
  }

  private static List<InetAddress> interleave(List<InetAddress> six, List<InetAddress> four) {
    List<InetAddress> both = new ArrayList<>(six.size() + four.size());
    for (int i = 0; i < Math.max(six.size(), four.size()); i++) {
      if (i < six.size()) {
        both.add(six.get(i));
      }
      if (i < four.size()) {
        both.add(four.get(i));
      }
    }
    return both;
  }

  /** The address as people write it in an SMTP log. */
  static String text(InetAddress address) {
    return address instanceof Inet4Address
        ? address.getHostAddress()
        : "IPv6:" + address.getHostAddress();
  }
}
