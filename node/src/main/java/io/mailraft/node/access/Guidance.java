package io.mailraft.node.access;

import io.mailraft.api.log.DkimOrder;
import io.mailraft.api.log.Envelope;
import io.mailraft.node.message.NamedZone;
import io.mailraft.router.Headers;
import io.mailraft.router.Submission;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the user's own application wants done with a message.
 *
 * @param sender reverse path instead of the one that was given
 * @param defer time that the message waits before it is first attempted
 * @param zone sending zone, as a trusted X-Sending-Zone header would name it
 * @param dkim keys to sign it with
 */
public record Guidance(
    Optional<String> sender,
    Optional<Duration> defer,
    Optional<String> zone,
    Optional<DkimOrder> dkim) {
  private static final Logger LOG = LoggerFactory.getLogger(Guidance.class);

  /** Everything as it came. */
  public static final Guidance NONE =
      new Guidance(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * Itself, where the message can have this sender.
   *
   * @param smtpUtf8 whether the message may have addresses beyond ASCII
   * @throws GuidanceException if it cannot
   */
  public Guidance checked(boolean smtpUtf8) throws GuidanceException {
    if (!smtpUtf8 && sender.filter(text -> text.chars().anyMatch(c -> c > '~')).isPresent()) {
      LOG.warn("access.config rewrites a sender to one that needs SMTPUTF8, in a message without");
      throw GuidanceException.unavailable();
    }
    return this;
  }

  /** What routing gets to see of a message. */
  public Submission submission(
      Headers headers, String from, InetAddress origin, boolean trustRouting) {
    return zone.isPresent()
        ? new Submission(new NamedZone(headers, zone.get()), from, Optional.of(origin), true)
        : new Submission(headers, from, Optional.of(origin), trustRouting);
  }

  /** Notes in an envelope, whose times are set, what concerns delivery. */
  public void writeTo(Envelope.Builder envelope) {
    defer.ifPresent(
        wait ->
            envelope.setSendAtMillis(
                Math.max(
                    envelope.getSendAtMillis(), envelope.getAcceptedMillis() + wait.toMillis())));
    dkim.ifPresent(envelope::setDkim);
  }
}
