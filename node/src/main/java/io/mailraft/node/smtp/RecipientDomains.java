package io.mailraft.node.smtp;

import java.util.Optional;

/** Tells the domain of a recipient address in the form that the queue sorts by. */
@FunctionalInterface
public interface RecipientDomains {

  /**
   * The domain as a lower case A-label or an address literal; empty where it cannot be a mail
   * domain.
   */
  Optional<String> domainOf(String recipient);
}
