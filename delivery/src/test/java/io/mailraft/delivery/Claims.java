package io.mailraft.delivery;

import java.util.Optional;

/** Claims for tests. */
final class Claims {
  private Claims() {}

  /** One that nobody has given back yet. */
  static Claim fresh(
      String messageId,
      int seq,
      long epoch,
      String zone,
      String domain,
      String recipient,
      MessageFacts message,
      int attempts,
      Optional<String> lastSource) {
    return new Claim(
        messageId,
        seq,
        epoch,
        zone,
        domain,
        recipient,
        message,
        attempts,
        lastSource,
        Claim.Others.ALL);
  }
}
