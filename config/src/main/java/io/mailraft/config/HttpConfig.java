package io.mailraft.config;

import java.util.List;
import java.util.Optional;

/**
 * The HTTP listener: the API, health and metrics.
 *
 * @param listen address; beyond loopback only together with {@code allow} or {@code auth}
 * @param allow client networks that may connect; empty allows all, and is refused beyond loopback
 *     unless accounts are required
 * @param auth what clients are asked for
 * @param tls certificate and key; with them HTTPS is spoken, and nothing else
 */
public record HttpConfig(
    HostPort listen, List<Cidr> allow, ListenerAuth auth, Optional<PemFiles> tls) {

  public HttpConfig {
    allow = List.copyOf(allow);
  }

  /** A listener without TLS that asks nobody who they are. */
  public HttpConfig(HostPort listen, List<Cidr> allow) {
    this(listen, allow, ListenerAuth.OPTIONAL, Optional.empty());
  }
}
