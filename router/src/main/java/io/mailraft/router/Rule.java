package io.mailraft.router;

/** The ways in which a message comes to its zone, in the order in which they are asked. */
public enum Rule {
  /** The message names a zone in X-Sending-Zone. */
  SENDING_ZONE("X-Sending-Zone"),
  /** A header of the message has a value that is a zone's. */
  ROUTING_HEADERS("routingHeaders"),
  /** The sender's domain is a zone's. */
  SENDER_DOMAINS("senderDomains"),
  /** The recipient's domain is a zone's. */
  RECIPIENT_DOMAINS("recipientDomains"),
  /** The client's address is in a zone's network. */
  ORIGIN_ADDRESSES("originAddresses"),
  /** No other rule decided. */
  DEFAULT("default");

  private final String key;

  Rule(String key) {
    this.key = key;
  }

  /** The rule as operators write it: the header, the key of a zone, or the zone. */
  public String key() {
    return key;
  }
}
