package io.mailraft.node.http.mail;

import io.mailraft.config.MailraftConfig;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.ConfigHook;
import io.mailraft.queue.Uploads;
import io.mailraft.router.Routing;
import io.mailraft.router.Submission;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;

/**
 * What all messages share that come in by the HTTP listener.
 *
 * @param listener name in envelopes, logs and metrics
 * @param hostname domain of an added Message-ID where nothing else names one
 * @param node name of this node
 * @param trusted whether callers choose zones, users and origins
 * @param maxMessageBytes largest message, in bytes
 * @param maxRecipients most recipients of one message
 * @param maxLineBytes longest line of a message without its line end, in bytes
 * @param maxHeaderBytes largest header section, in bytes
 * @param maxReceivedHeaders most Received headers; one more is a mail loop
 * @param stall longest silence of a client
 * @param whole time for a whole request
 * @param uploads where messages go
 * @param router gives recipients their zones
 * @param clock time for Date fields and acceptance
 * @param hook is asked about each message
 */
public record Front(
    String listener,
    String hostname,
    String node,
    boolean trusted,
    long maxMessageBytes,
    int maxRecipients,
    int maxLineBytes,
    int maxHeaderBytes,
    int maxReceivedHeaders,
    Duration stall,
    Duration whole,
    Uploads uploads,
    Function<Submission, Routing> router,
    InstantSource clock,
    Optional<ConfigHook> hook) {

  /** The name that the seed's system has for what comes in by HTTP. */
  private static final String LISTENER = "api";

  /** The front of a node: limits as by SMTP. */
  public static Front of(
      MailraftConfig config,
      Uploads uploads,
      Function<Submission, Routing> router,
      InstantSource clock,
      Optional<ConfigHook> hook) {
    SmtpConfig limits = config.smtp().getFirst();
    return new Front(
        LISTENER,
        limits.hostname(),
        config.node().id(),
        config.http().trustRouting(),
        limits.maxMessageBytes(),
        limits.maxRecipients(),
        limits.maxLineBytes(),
        limits.maxHeaderBytes(),
        limits.maxReceivedHeaders(),
        limits.commandTimeout(),
        limits.dataTimeout(),
        uploads,
        router,
        clock,
        hook);
  }
}
