package io.mailraft.config;

import java.util.List;

/**
 * The HTTP listener: health and metrics.
 *
 * @param listen address; beyond loopback only together with {@code allow}
 * @param allow client networks that may connect; empty allows all, and is refused beyond loopback
 */
public record HttpConfig(HostPort listen, List<Cidr> allow) {

  public HttpConfig {
    allow = List.copyOf(allow);
  }
}
