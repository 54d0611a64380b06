package io.mailraft.router;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The zone that the message itself asks for in X-Sending-Zone. An unknown name says nothing. */
final class SendingZoneRule implements Rule {
  private final Set<String> zones;

  SendingZoneRule(Set<String> zones) {
    this.zones = zones;
  }

  @Override
  public Optional<String> zone(Submission submission, String recipient) {
    return submission
        .headers()
        .sendingZone()
        .map(name -> name.strip().toLowerCase(Locale.ROOT))
        .filter(zones::contains);
  }
}
