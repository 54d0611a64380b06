package io.mailraft.delivery;

import java.util.Optional;

/**
 * A delivery that this node may attempt.
 *
 * @param messageId 18 hex digits
 * @param seq 1-based number of the recipient within the message
 * @param epoch lease epoch under which it is claimed
 * @param zone sending zone
 * @param domain recipient domain, lower case A-label, or an address literal in brackets
 * @param recipient recipient address
 * @param message what all deliveries of the message share; the same instance for claims handed over
 *     together where possible
 * @param attempts attempts before this one
 * @param lastSource source of the attempt before, as its outcome had it, where the receiver put it
 *     off by {@link Greylisting}: it is used again if it can be; empty otherwise
 * @param others which other nodes may have it if this one gives it back
 */
public record Claim(
    String messageId,
    int seq,
    long epoch,
    String zone,
    String domain,
    String recipient,
    MessageFacts message,
    int attempts,
    Optional<String> lastSource,
    Others others) {

  /** Which other nodes may still have a delivery in this attempt. */
  public enum Others {
    /** None: it is attempted from here, or deferred. */
    NONE,
    /**
     * Some that have not given it back yet: for want of a source that may be used, for no other.
     */
    LEFT,
    /** All that serve the zone: nobody has given it back yet. */
    ALL
  }
}
