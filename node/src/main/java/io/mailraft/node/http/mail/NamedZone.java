package io.mailraft.node.http.mail;

import io.mailraft.router.Headers;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A header section for which the client named the zone elsewhere.
 *
 * @param headers the section
 * @param zone what stands for its X-Sending-Zone field
 */
record NamedZone(Headers headers, String zone) implements Headers {
  @Override
  public Optional<String> sendingZone() {
    return Optional.of(zone);
  }

  @Override
  public Optional<String> fromDomain() {
    return headers.fromDomain();
  }

  @Override
  public Map<String, String> values(Set<String> names) {
    return headers.values(names);
  }
}
