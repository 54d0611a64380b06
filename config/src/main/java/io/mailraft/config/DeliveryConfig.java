package io.mailraft.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How mail is sent out.
 *
 * @param helo name in EHLO and in the Received header; by default the first listener's {@code
 *     hostname}
 * @param retry waits before attempt 2, 3 and so on; the last one repeats
 * @param expireAfter age at which a deferred delivery ends as expired
 * @param connectTimeout time for one TCP connection
 * @param greetingTimeout time for the banner (RFC 5321 4.5.3.2.1)
 * @param commandTimeout time for the reply to EHLO, MAIL, RCPT, RSET (RFC 5321 4.5.3.2.2 and .3)
 * @param dataStartTimeout time for the reply to DATA (RFC 5321 4.5.3.2.4)
 * @param dataBlockTimeout time in which a block of content must leave (RFC 5321 4.5.3.2.5)
 * @param dataEndTimeout time for the reply to the final dot (RFC 5321 4.5.3.2.6)
 * @param idleTimeout time for which an unused connection is kept open
 * @param maxMessagesPerConnection most messages over one connection
 * @param maxRecipientsPerTransaction most recipients of one transaction
 */
public record DeliveryConfig(
    Optional<String> helo,
    List<Duration> retry,
    Duration expireAfter,
    Duration connectTimeout,
    Duration greetingTimeout,
    Duration commandTimeout,
    Duration dataStartTimeout,
    Duration dataBlockTimeout,
    Duration dataEndTimeout,
    Duration idleTimeout,
    int maxMessagesPerConnection,
    int maxRecipientsPerTransaction) {

  public DeliveryConfig {
    retry = List.copyOf(retry);
  }
}
