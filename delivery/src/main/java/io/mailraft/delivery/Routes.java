package io.mailraft.delivery;

import io.mailraft.config.ZoneConfig;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * Finds the {@link Route} of a domain, as RFC 5321 5.1 and RFC 7505 have it.
 *
 * <p>Our own replies: a null MX is 556 5.1.10 (RFC 7505 4.2). A domain that does not exist is 550
 * 5.1.2, "bad destination system address" of RFC 3463 3.2. One that exists without any means to
 * receive mail is 550 5.4.4, "unable to route". One whose best MX host is this node is 554 5.4.6,
 * "routing loop". Where the name servers do not answer, 451 4.4.3 defers.
 */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
  private static final int HOSTS_MAX = 20;
  private static final String IPV6_TAG = "IPv6:";

  private final Dns dns;
  private final String helo;

  Routes(Dns dns, String helo) {
    this.dns = dns;
    this.helo = helo;
  }

  /** The route of a zone with a fixed next hop. */
  static Route.ToSite fixed(String host, int port) {
    Optional<InetAddress> literal = literal(host);
    return new Route.ToSite(
        host + ":" + port, List.of(new Route.Host(0, host, literal)), port, true);
  }

  /** The route of a domain in a zone; never throws or completes exceptionally. */
  CompletableFuture<Route> find(ZoneConfig zone, String domain) {
    try {
      return seek(zone, domain).exceptionally(e -> unfound(domain, e));
    } catch (RuntimeException e) {
      return CompletableFuture.completedFuture(unfound(domain, e));
    }
  }

  private static Route unfound(String domain, Throwable thrown) {
    LOG.error("the route of {}", domain, thrown);
    return new Route.Refused(Reply.of(451, "4.4.3", "The route of " + domain + " cannot be found"));
  }

  private CompletableFuture<Route> seek(ZoneConfig zone, String domain) {
    if (zone.host().isPresent()) {
      return CompletableFuture.completedFuture(fixed(zone.host().get(), zone.port()));
    }
    if (domain.startsWith("[")) {
      return CompletableFuture.completedFuture(ofLiteral(domain, zone.port()));
    }
    return dns.lookup(domain, Type.MX)
        .thenCompose(
            answer ->
                switch (answer) {
                  case Dns.Answer.Found found ->
                      CompletableFuture.completedFuture(
                          ofExchanges(domain, found.records(), zone.port()));
                  case Dns.Answer.NoData none -> ofAddress(domain, zone.port());
                  case Dns.Answer.NoName none ->
                      refused(550, "5.1.2", "Domain " + domain + " does not exist");
                  case Dns.Answer.Trouble trouble -> unanswered(domain, trouble);
                });
  }

  private Route ofExchanges(String domain, List<Record> records, int port) {
    List<Route.Host> hosts = new ArrayList<>();
    int ownPreference = Integer.MAX_VALUE;
    for (Record record : records) {
      if (record instanceof MXRecord mx) {
        if (mx.getTarget().equals(Name.root)) {
          if (records.size() == 1) {
            return new Route.Refused(
                Reply.of(556, "5.1.10", "Domain " + domain + " accepts no mail (null MX)"));
          }
          continue;
        }
        String name = mx.getTarget().toString(true).toLowerCase(Locale.ROOT);
        if (name.equalsIgnoreCase(helo)) {
          ownPreference = Math.min(ownPreference, mx.getPriority());
        }
        hosts.add(new Route.Host(mx.getPriority(), name, Optional.empty()));
      }
    }
    int limit = ownPreference;
    List<Route.Host> usable =
        hosts.stream()
            .filter(host -> host.preference() < limit)
            .sorted(Comparator.comparingInt(Route.Host::preference).thenComparing(Route.Host::name))
            .limit(HOSTS_MAX)
            .toList();
    if (usable.isEmpty()) {
      return new Route.Refused(
          Reply.of(554, "5.4.6", "Mail for " + domain + " loops back to this host"));
    }
    return toSite(usable, port);
  }

  /** A domain without MX records is its own host, if it has an address. */
  private CompletableFuture<Route> ofAddress(String domain, int port) {
    CompletableFuture<Dns.Answer> four = dns.lookup(domain, Type.A);
    CompletableFuture<Dns.Answer> six = dns.lookup(domain, Type.AAAA);
    return four.thenCombine(
        six,
        (a, aaaa) -> {
          if (a instanceof Dns.Answer.Found || aaaa instanceof Dns.Answer.Found) {
            return toSite(List.of(new Route.Host(0, domain, Optional.empty())), port);
          }
          if (a instanceof Dns.Answer.Trouble || aaaa instanceof Dns.Answer.Trouble) {
            return new Route.Refused(
                Reply.of(451, "4.4.3", "Name servers do not answer for " + domain));
          }
          return new Route.Refused(
              Reply.of(550, "5.4.4", "Domain " + domain + " has neither MX nor address"));
        });
  }

  private static Route toSite(List<Route.Host> hosts, int port) {
    String key =
        hosts.stream()
            .map(host -> host.preference() + " " + host.name())
            .collect(Collectors.joining(",", "", ":" + port));
    return new Route.ToSite(key, hosts, port, false);
  }

  private static Route ofLiteral(String domain, int port) {
    String inner = domain.substring(1, Math.max(1, domain.length() - 1));
    if (inner.regionMatches(true, 0, IPV6_TAG, 0, IPV6_TAG.length())) {
      inner = inner.substring(IPV6_TAG.length());
    }
    Optional<InetAddress> address = literal(inner);
    if (address.isEmpty()) {
      return new Route.Refused(Reply.of(550, "5.1.2", "Not an address literal: " + domain));
    }
    return toSite(List.of(new Route.Host(0, inner, address)), port);
  }

  private static Optional<InetAddress> literal(String text) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
    return bytes == null ? Optional.empty() : Optional.of(Addresses.of(bytes));
  }

  private static CompletableFuture<Route> refused(int code, String enhanced, String text) {
    return CompletableFuture.completedFuture(new Route.Refused(Reply.of(code, enhanced, text)));
  }

  private static CompletableFuture<Route> unanswered(String domain, Dns.Answer.Trouble trouble) {
    return refused(
        451, "4.4.3", "Name servers do not answer for " + domain + " (" + trouble.detail() + ")");
  }
}
