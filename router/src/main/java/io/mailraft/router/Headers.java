package io.mailraft.router;

import java.util.Optional;

/**
 * What routing asks of a message's header section. Values are unfolded and trimmed, otherwise as
 * they came; whatever costs work may be found out when it is asked for.
 */
public interface Headers {

  /** Value of the X-Sending-Zone field. */
  Optional<String> sendingZone();

  /** Domain of the first mailbox of the From field, as {@link Addresses#domainOf} has it. */
  Optional<String> fromDomain();

  /** Value of the first field of that name, in whatever case. */
  Optional<String> first(String name);
}
