package io.mailraft.router;

import java.net.InetAddress;
import java.util.Optional;

/**
 * What all recipients of a message share when their zones are chosen.
 *
 * @param headers its header section
 * @param sender reverse path without brackets; empty for the null sender
 * @param origin the client's address, where it is known
 * @param trusted whether X-Sending-Zone is honoured
 */
public record Submission(
    Headers headers, String sender, Optional<InetAddress> origin, boolean trusted) {

  /** The sender domain: that of the From field, and of the reverse path where there is no From. */
  public Optional<String> senderDomain() {
    return headers.fromDomain().or(() -> Addresses.domainOf(sender));
  }
}
