package io.mailraft.router;

/** The routing of one message. Belongs to one thread. */
@FunctionalInterface
public interface Routing {

  /**
   * The zone for one recipient.
   *
   * @param domain the recipient's, as {@link Addresses#domainOf} has it
   */
  Decision decide(String domain);
}
