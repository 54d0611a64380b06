package io.mailraft.config;

import java.util.List;
import java.util.Optional;

/**
 * The HTTP listener: the API, health and metrics.
 *
 * @param listen address; beyond loopback only together with {@code allow} or {@code auth}
 * @param allow networks of clients that are served; empty serves all, and is refused beyond
 *     loopback unless accounts are required
 * @param trustRouting whether every client chooses zones, users and origins; by default where the
 *     listener is on loopback, asks nobody for an account, and is behind no proxy
 * @param proxies networks of proxies, whose X-Forwarded-For says who the client is
 * @param auth what clients are asked for
 * @param tls certificate and key; with them HTTPS is spoken, and nothing else
 */
public record HttpConfig(
    HostPort listen,
    List<Cidr> allow,
    boolean trustRouting,
    List<Cidr> proxies,
    ListenerAuth auth,
    Optional<PemFiles> tls) {

  public HttpConfig {
    allow = List.copyOf(allow);
    proxies = List.copyOf(proxies);
  }

  /** A listener without TLS that asks nobody who they are. */
  public HttpConfig(HostPort listen, List<Cidr> allow) {
    this(listen, allow, listen.isLoopback(), List.of(), ListenerAuth.OPTIONAL, Optional.empty());
  }
}
