package io.mailraft.router;

import java.util.List;

/**
 * The zone of one recipient, and how it came to that.
 *
 * @param zone name of the zone, which exists
 * @param rule the rule that decided
 * @param match what the rule found in the zone's settings, such as {@code *.example.com}; empty
 *     where it is the zone's name itself
 * @param refused the zones that were named before and passed over, in the order of the rules
 */
public record Decision(String zone, Rule rule, String match, List<Refusal> refused) {
  public Decision {
    refused = List.copyOf(refused);
  }
}
