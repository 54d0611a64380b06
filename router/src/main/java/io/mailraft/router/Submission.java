package io.mailraft.router;

import java.util.Optional;

/**
 * What all recipients of a message share when their zones are chosen.
 *
 * @param headers its header section
 * @param sender reverse path without brackets; empty for the null sender
 */
public record Submission(Headers headers, String sender) {

  /** The sender domain: that of the From field, and of the reverse path where there is no From. */
  public Optional<String> senderDomain() {
    return headers.fromDomain().or(() -> Addresses.domainOf(sender));
  }
}
