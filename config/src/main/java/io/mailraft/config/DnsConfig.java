package io.mailraft.config;

import java.time.Duration;
import java.util.List;

/**
 * Where names are looked up.
 *
 * @param servers name servers, asked in turn; empty for the system's resolver settings
 * @param timeout time for one query to one server
 */
public record DnsConfig(List<HostPort> servers, Duration timeout) {

  public DnsConfig {
    servers = List.copyOf(servers);
  }
}
