package io.mailraft.router;

import io.mailraft.config.ZoneConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives each recipient of a message its sending zone. The same zones, message and recipient always
 * give the same answer.
 *
 * <p>The rules, in order: X-Sending-Zone, then the zone {@code default}.
 */
public final class Router {
  /** Name of the zone that takes whatever no rule claims. */
  public static final String DEFAULT_ZONE = "default";

  private final List<Rule> rules;

  /**
   * @param zones by name; holds {@link #DEFAULT_ZONE}
   * @throws IllegalArgumentException if it does not
   */
  public Router(Map<String, ZoneConfig> zones) {
    if (!zones.containsKey(DEFAULT_ZONE)) {
      throw new IllegalArgumentException("the zones hold no '" + DEFAULT_ZONE + "'");
    }
    this.rules = List.of(new SendingZoneRule(Set.copyOf(zones.keySet())));
  }

  /**
   * The zone for one recipient, always one of the zones that the router knows.
   *
   * @param recipient recipient address
   */
  public String zoneFor(Submission submission, String recipient) {
    for (Rule rule : rules) {
      Optional<String> zone = rule.zone(submission, recipient);
      if (zone.isPresent()) {
        return zone.get();
      }
    }
    return DEFAULT_ZONE;
  }
}
