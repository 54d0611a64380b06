package io.mailraft.router;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What routing asks of a message's header section. Values are unfolded and trimmed, otherwise as
 * they came; whatever costs work may be found out when it is asked for.
 */
public interface Headers {

  /** Value of the X-Sending-Zone field. */
  Optional<String> sendingZone();

  /** Domain of the first mailbox of the From field, as {@link Addresses#domainOf} has it. */
  Optional<String> fromDomain();

  /**
   * Values of the fields of these names, the first field of each, in whatever case.
   *
   * @param names in lower case
   * @return by name; without those that the message does not have
   */
  Map<String, String> values(Set<String> names);
}
