package io.mailraft.node.submit;

import java.util.List;

/**
 * Whom a message is from and to, and what it needs on its way, as its client says.
 *
 * @param sender reverse path without brackets; empty for the null sender
 * @param destinations each of its deliveries once, in their order
 * @param eightBit whether its content has, or may have, bytes beyond ASCII
 * @param smtpUtf8 whether it can travel by SMTPUTF8 alone (RFC 6531)
 */
public record ClientEnvelope(
    String sender, List<Destination> destinations, boolean eightBit, boolean smtpUtf8) {
  public ClientEnvelope {
    destinations = List.copyOf(destinations);
  }
}
