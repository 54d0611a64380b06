package io.mailraft.node.message;

import io.mailraft.router.Headers;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A header section whose message has its zone named elsewhere.
 *
 * @param headers the section
 * @param zone what stands for its X-Sending-Zone field
 */
public record NamedZone(Headers headers, String zone) implements Headers {
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
