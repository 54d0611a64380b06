package io.mailraft.node.log;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.delivery.Claim;
import io.mailraft.delivery.Outcome;
import io.mailraft.queue.MessageId;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** One line for what happens to a message, with its id. Never blocks. */
public final class MessageLog {
  private static final Logger LOG = LoggerFactory.getLogger(Logs.MESSAGES);

  /** Most zones that the line of an acceptance names. */
  private static final int ZONES_MAX = 10;

  private MessageLog() {}

  /**
   * A majority of nodes has a message.
   *
   * @param took from the end of its content
   */
  public static void accepted(
      MessageId id, Envelope envelope, List<Recipient> recipients, long bytes, Duration took) {
    if (!LOG.isInfoEnabled()) {
      return;
    }
    LoggingEventBuilder line =
        LOG.atInfo()
            .addKeyValue("id", id.toString())
            .addKeyValue("node", envelope.getNode())
            .addKeyValue("listener", envelope.getListener())
            .addKeyValue("protocol", envelope.getProtocol())
            .addKeyValue("origin", envelope.getOrigin())
            .addKeyValue("from", envelope.getSender())
            .addKeyValue("recipients", recipients.size())
            .addKeyValue("zone", zones(recipients))
            .addKeyValue("bytes", bytes)
            .addKeyValue("seconds", seconds(took));
    if (!envelope.getUser().isEmpty()) {
      line = line.addKeyValue("user", envelope.getUser());
    }
    line.log("accepted");
  }

  private static String zones(List<Recipient> recipients) {
    if (recipients.size() == 1) {
      return recipients.getFirst().getZone();
    }
    Set<String> zones = new LinkedHashSet<>();
    for (Recipient recipient : recipients) {
      if (zones.size() < ZONES_MAX) {
        zones.add(recipient.getZone());
      }
    }
    return String.join(",", zones);
  }

  /** An attempt has ended; with delivered, bounced and expired the delivery has. */
  public static void attempted(Outcome outcome, Duration took) {
    if (!LOG.isInfoEnabled()) {
      return;
    }
    Claim claim = outcome.claim();
    LoggingEventBuilder line =
        LOG.atInfo()
            .addKeyValue("id", claim.messageId())
            .addKeyValue("seq", claim.seq())
            .addKeyValue("zone", claim.zone())
            .addKeyValue("domain", claim.domain());
    line =
        switch (outcome) {
          case Outcome.Delivered end -> way(line, claim, end.source(), end.host(), took);
          case Outcome.Deferred end ->
              way(line, claim, end.source(), end.host(), took)
                  .addKeyValue("again", seconds(end.delay()));
          case Outcome.Bounced end -> way(line, claim, end.source(), end.host(), took);
          case Outcome.Expired end -> way(line, claim, end.source(), end.host(), took);
          case Outcome.Returned returned -> line;
        };
    line.addKeyValue("reply", outcome.reply()).log(word(outcome));
  }

  private static LoggingEventBuilder way(
      LoggingEventBuilder line, Claim claim, String source, String host, Duration took) {
    return line.addKeyValue("attempt", claim.attempts() + 1)
        .addKeyValue("source", source)
        .addKeyValue("host", host)
        .addKeyValue("seconds", seconds(took));
  }

  private static String word(Outcome outcome) {
    return outcome.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Milliseconds are fine enough. */
  private static double seconds(Duration took) {
    return took.toMillis() / 1e3;
  }
}
