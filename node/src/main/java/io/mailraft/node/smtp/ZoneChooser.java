package io.mailraft.node.smtp;

import io.mailraft.node.message.HeaderFacts;

/** Gives each recipient of a message its sending zone. */
@FunctionalInterface
public interface ZoneChooser {

  /**
   * The zone for one recipient.
   *
   * @param headers facts of the message's header section
   * @param sender reverse path without brackets; empty for the null sender
   * @param recipient recipient address
   */
  String zoneFor(HeaderFacts headers, String sender, String recipient);
}
