package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mailraft.config.ClusterYaml;
import io.mailraft.node.submit.IncomingMessage;
import io.mailraft.router.Router;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Mail that comes in by SMTP gets its zones from the router, and X-Sending-Zone never leaves. */
class RoutingTest {
  private static final String ZONES =
      """
      zones:
        offers: { routingHeaders: { x-user-id: "123" } }
        news: { senderDomains: [example.com] }
        gmail: { recipientDomains: [gmail.example, "*.gmail.example"] }
        near: { originAddresses: [127.0.0.0/8] }
        paused: { recipientDomains: [slow.example] }
      """;

  private static Listener listener(Consumer<Settings> change) throws Exception {
    Router router = new Router(ClusterYaml.parse(ZONES, "zones").zones(), Set.of("paused"));
    return new Listener(change, router::route);
  }

  /** Hands in a message to the recipients and gives their zones. */
  private static List<String> zones(
      Listener listener, String sender, String headers, String... recipients) throws IOException {
    RawClient client = listener.greeted();
    client.ask("MAIL FROM:<" + sender + ">", "250 ");
    for (String recipient : recipients) {
      client.ask("RCPT TO:<" + recipient + ">", "250 ");
    }
    assertThat(client.data(headers + "Subject: x\r\n\r\n.\r\n")).startsWith("250 2.0.0 ");
    MemoryUploads.Stored stored = listener.uploads.stored.getLast();
    assertThat(stored.text()).containsIgnoringCase("subject").doesNotContainIgnoringCase("sending");
    return stored.recipients().stream().map(recipient -> recipient.getZone()).toList();
  }

  @Test
  void oneMessageGoesThroughSeveralZones() throws Exception {
    try (Listener listener = listener(settings -> {})) {
      assertThat(
              zones(
                  listener,
                  "a@other.example",
                  "From: \"News\" <a@other.example>\r\n",
                  "a@gmail.example",
                  "b@EU.GMAIL.example",
                  "c@third.example",
                  "d@gmail.example"))
          .containsExactly("gmail", "gmail", "near", "gmail");
    }
  }

  @Test
  void aListenerThatTrustsHonoursTheHeaderBeforeAllElse() throws Exception {
    try (Listener listener = listener(settings -> settings.trustRouting = true)) {
      assertThat(
              zones(
                  listener,
                  "a@example.com",
                  "X-User-Id: 123\r\nX-Sending-Zone: GMAIL\r\n",
                  "a@other.example",
                  "b@third.example"))
          .containsExactly("gmail", "gmail");
    }
  }

  @Test
  void aListenerThatDoesNotTrustRemovesTheHeaderAndAsksTheOtherRules() throws Exception {
    try (Listener listener = listener(settings -> settings.trustRouting = false)) {
      String header = "X-Sending-Zone: gmail\r\nx-sending-zone:\r\n news\r\n";
      assertThat(zones(listener, "a@other.example", header, "a@third.example"))
          .containsExactly("near");
      assertThat(zones(listener, "a@example.com", header + "X-User-Id: 123\r\n", "a@gmail.example"))
          .containsExactly("offers");
      assertThat(
              zones(
                  listener,
                  "a@example.com",
                  header + "From: a@third.example\r\n",
                  "a@gmail.example",
                  "b@third.example"))
          .containsExactly("gmail", "near");
      assertThat(zones(listener, "", header + "From: a@example.com\r\n", "a@gmail.example"))
          .containsExactly("news");
    }
  }

  @Test
  void whatWasPassedOverIsLoggedWithTheMessagesId() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(IncomingMessage.class);
    logger.setLevel(Level.INFO);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      namesWhatWasPassedOver(log);
    } finally {
      logger.detachAppender(log);
      logger.setLevel(null);
    }
  }

  private static void namesWhatWasPassedOver(ListAppender<ILoggingEvent> log) throws Exception {
    try (Listener listener = listener(settings -> {})) {
      assertThat(
              zones(
                  listener,
                  "a@other.example",
                  "X-Sending-Zone: no\u0001where\r\n",
                  "a@slow.example",
                  "b@slow.example",
                  "c@gmail.example"))
          .containsExactly("near", "near", "gmail");
      String id = listener.uploads.stored.getFirst().id().toString();
      assertThat(log.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .containsExactly(
              id + ": X-Sending-Zone names the zone 'no?where', which is unknown: passed over",
              id + ": recipientDomains names the zone 'paused', which is suspended: passed over");
    }
    log.list.clear();
    try (Listener listener = listener(settings -> settings.trustRouting = false)) {
      zones(listener, "", "X-Sending-Zone: gmail\r\n", "a@b.example");
      assertThat(log.list.getFirst().getFormattedMessage())
          .endsWith(": X-Sending-Zone names the zone 'gmail', which is not trusted: passed over");
    }
  }
}
