package io.mailraft.router;

import java.util.Optional;

/**
 * One way in which a message names its zone. Rules are asked in turn; the first that knows a zone
 * wins.
 */
@FunctionalInterface
interface Rule {

  /**
   * The zone for one recipient; empty where this rule says nothing, so that the next one is asked.
   *
   * @param recipient recipient address
   */
  Optional<String> zone(Submission submission, String recipient);
}
