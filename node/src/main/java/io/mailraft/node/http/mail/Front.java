package io.mailraft.node.http.mail;

import io.mailraft.config.MailraftConfig;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.ConfigHook;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.submit.Entrance;
import io.mailraft.node.submit.ZoneChooser;
import io.mailraft.queue.Uploads;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What all messages share that come in by the HTTP listener. Its limits are those of the node's
 * first SMTP listener.
 *
 * @param entrance where messages go
 * @param trusted whether callers choose zones, users and origins
 * @param hook is asked about each message
 * @param meters counts messages
 */
public record Front(
    Entrance entrance, boolean trusted, Optional<ConfigHook> hook, AcceptedMeters meters) {

  /** The name that the seed's system has for what comes in by HTTP. */
  private static final String LISTENER = "api";

  /** The front of a node. */
  public static Front of(
      MailraftConfig config,
      Uploads uploads,
      ZoneChooser zones,
      InstantSource clock,
      HeapBudget heap,
      Optional<ConfigHook> hook,
      AcceptedMeters meters) {
    return new Front(
        new Entrance(
            LISTENER, config.smtp().getFirst(), config.node().id(), uploads, zones, clock, heap),
        config.http().trustRouting(),
        hook,
        meters);
  }

  SmtpConfig limits() {
    return entrance.limits();
  }

  /** Largest message, in bytes. */
  public long maxMessageBytes() {
    return limits().maxMessageBytes();
  }

  /** Most recipients of one message. */
  public int maxRecipients() {
    return limits().maxRecipients();
  }

  /** Longest silence of a client. */
  public Duration stall() {
    return limits().commandTimeout();
  }

  /** Time for a whole request. */
  public Duration whole() {
    return limits().dataTimeout();
  }

  /** What requests may take of the heap. */
  public HeapBudget heap() {
    return entrance.heap();
  }

  /** Time by which messages are accepted. */
  public InstantSource clock() {
    return entrance.clock();
  }
}
