package io.mailraft.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which mail is a zone's: the keys of its section that the router reads.
 *
 * @param headers values by header name in lower case; a message with one of them is the zone's
 * @param senderDomains domains of senders
 * @param recipientDomains domains of recipients
 * @param originAddresses networks of the clients that hand mail in
 */
public record ZoneRouting(
    Map<String, List<String>> headers,
    List<DomainPattern> senderDomains,
    List<DomainPattern> recipientDomains,
    List<Cidr> originAddresses) {

  /** No mail in particular. */
  public static final ZoneRouting NONE = new ZoneRouting(Map.of(), List.of(), List.of(), List.of());

  public ZoneRouting {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
    headers = Collections.unmodifiableMap(copy);
    senderDomains = List.copyOf(senderDomains);
    recipientDomains = List.copyOf(recipientDomains);
    originAddresses = List.copyOf(originAddresses);
  }
}
