package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The known traps of SubEthaSMTP 7.2.2, each shown to be closed at a running listener. */
@Execution(ExecutionMode.CONCURRENT)
class TrapsTest {
  private static final String COMMANDS =
      "RSET\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n";

  @Test
  void refusedDataIsConsumedAndDoesNotRunAsCommands() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxMessageBytes = 100)) {
      RawClient client = listener.addressed();
      String content = "Subject: x\r\n\r\n" + "x".repeat(90) + "\r\n" + COMMANDS + "evil\r\n.\r\n";
      assertThat(client.data(content)).startsWith("552 5.3.4 ");
      client.expectInStep();
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
    }
  }

  @Test
  void refusedChunkIsConsumedAndDoesNotRunAsCommands() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.send("BDAT " + COMMANDS.length() + "\r\n" + COMMANDS + "NOOP\r\n");
      client.expect("503 5.5.1 ");
      client.expect("250 2.0.0 Ok");
      client.expectInStep();
      assertThat(listener.uploads.begun).hasValue(0);
    }
  }

  @Test
  void i3_connectionLostInsideAChunkCommitsNothing() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send("BDAT 100 LAST\r\nSubject: x\r\n\r\nhalf of it");
      Listener.await(() -> listener.uploads.begun.get() == 1);
      client.close();
      Listener.await(() -> listener.events.openSessions.get() == 0);
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
    }
  }

  @Test
  void bareLineFeedDotLineFeedIsNoEndAndIsRefused() throws IOException {
    for (String smuggled :
        new String[] {
          "\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\n", "\r.\r\n", "\r\n\n.\r\n"
        }) {
      try (Listener listener = new Listener()) {
        RawClient client = listener.addressed();
        String content = "Subject: x\r\n\r\nseen" + smuggled + COMMANDS + "hidden\r\n.\r\n";
        assertThat(client.data(content)).startsWith("550 5.5.2 ");
        client.expectInStep();
        assertThat(listener.uploads.stored).isEmpty();
      }
    }
  }

  @Test
  void hugeSizeParameterDoesNotDropTheSession() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxMessageBytes = 1L << 33)) {
      RawClient client = listener.greeted();
      for (String size : new String[] {"99999999999", "99999999999999999999", "8589934593"}) {
        client.ask("MAIL FROM:<a@example.com> SIZE=" + size, "552 5.3.4 ");
      }
      client.ask("MAIL FROM:<a@example.com> SIZE=8589934592", "250 2.1.0 ");
      client.expectInStep();
    }
  }

  @Test
  void messageSizeIsEnforcedOnTheBodyItself() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxMessageBytes = 1000)) {
      RawClient client = listener.addressed();
      String fitting = "Subject: x\r\n\r\n" + ("y".repeat(98) + "\r\n").repeat(9);
      assertThat(client.data(fitting + ".\r\n")).startsWith("250 2.0.0 ");
      client.ask("MAIL FROM:<a@example.com> SIZE=10", "250 2.1.0 ");
      client.ask("RCPT TO:<b@example.net>", "250 2.1.5 ");
      assertThat(client.data(fitting + "y".repeat(90) + "\r\n.\r\n")).startsWith("552 5.3.4 ");
      client.address();
      client.send("BDAT 1001 LAST\r\n" + "z".repeat(1001));
      client.expect("552 5.3.4 ");
      client.expectInStep();
      assertThat(listener.uploads.stored).hasSize(1);
    }
  }

  @Test
  void startTlsAndAuthAreNeitherOfferedNorAccepted() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 ");
      client.send("EHLO client.example\r\n");
      assertThat(client.multiline()).noneMatch(line -> line.matches("(?i).*(STARTTLS|AUTH).*"));
      client.ask("STARTTLS", "502 5.5.1 ");
      client.ask("AUTH PLAIN AGEAYg==", "502 5.5.1 ");
      client.ask("AUTH LOGIN", "502 5.5.1 ");
      client.expectInStep();
    }
  }

  @Test
  void slowDripOfACommandDoesNotPass() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.commandTimeout = Duration.ofMillis(300))) {
      RawClient client = listener.connect();
      client.expect("220 ");
      drip(client, "N");
      client.expect("421 4.4.2 ");
      client.expectClosed();
    }
  }

  @Test
  void slowDripOfContentDoesNotPass() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.dataTimeout = Duration.ofMillis(300))) {
      RawClient client = listener.addressed();
      client.ask("DATA", "354 ");
      drip(client, "x\r\n");
      client.expect("421 4.4.2 ");
      client.expectClosed();
      assertThat(listener.uploads.stored).isEmpty();
      Listener.await(() -> listener.uploads.open.get() == 0);
    }
  }

  @Test
  void slowDripOfChunksDoesNotPass() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.dataTimeout = Duration.ofMillis(300))) {
      RawClient client = listener.addressed();
      client.send("BDAT 100000\r\n");
      drip(client, "x");
      client.expect("421 4.4.2 ");
      client.expectClosed();
    }
  }

  @Test
  void waitingBetweenChunksDoesNotPass() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.dataTimeout = Duration.ofMillis(300))) {
      RawClient client = listener.addressed();
      client.send("BDAT 4\r\nx: y");
      client.expect("250 2.0.0 ");
      client.expect("421 4.4.2 ");
      client.expectClosed();
    }
  }

  @Test
  void commandsThatHandInNoMessageKeepASessionOpenForALimitedTime() throws IOException {
    Duration commandTimeout = Duration.ofMillis(300);
    long withoutMail =
        commandTimeout.multipliedBy(Conversation.COMMAND_TIMES_WITHOUT_MAIL_MAX).toNanos();
    try (Listener listener = new Listener(settings -> settings.commandTimeout = commandTimeout)) {
      long begin = System.nanoTime();
      RawClient client = listener.greeted();
      assertThat(passTime(client, begin + withoutMail / 2)).doesNotStartWith("421");
      client.address();
      long message = System.nanoTime();
      assertThat(client.data("Subject: x\r\n\r\ny\r\n.\r\n")).startsWith("250 2.0.0 ");
      assertThat(passTime(client, begin + Duration.ofMinutes(1).toNanos()))
          .startsWith("421 4.4.2 No message");
      assertThat(System.nanoTime() - message).isGreaterThanOrEqualTo(withoutMail);
      client.expectClosed();
      Listener.await(() -> listener.events.openSessions.get() == 0);
    }
  }

  /** Says what moves no mail until a time, or until told goodbye; the last answer. */
  private static String passTime(RawClient client, long untilNanoTime) throws IOException {
    String answer = "";
    while (System.nanoTime() - untilNanoTime < 0) {
      for (String idle :
          new String[] {"NOOP", "VRFY x", "MAIL FROM:<a@example.com>", "RSET", "HELO c.example"}) {
        client.send(idle + "\r\n");
        answer = client.line();
        if (answer.startsWith("421")) {
          return answer;
        }
      }
    }
    return answer;
  }

  @Test
  void clientThatReadsNoRepliesIsCutOff() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.commandTimeout = Duration.ofMillis(300))) {
      RawClient client = listener.greeted();
      byte[] block = "NOOP\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (true) {
                        client.send(block);
                      }
                    } catch (IOException e) {
                      // The cut that is waited for.
                    }
                  });
      Listener.await(() -> listener.events.openSessions.get() == 0);
      Listener.await(() -> !sender.isAlive());
    }
  }

  @Test
  void extensionsAreOfferedAsTheyAreDone() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 mx.example ESMTP Mailraft");
      client.send("EHLO client.example\r\n");
      assertThat(client.multiline())
          .containsExactly(
              "250-mx.example",
              "250-PIPELINING",
              "250-SIZE 1073741824",
              "250-8BITMIME",
              "250-SMTPUTF8",
              "250-ENHANCEDSTATUSCODES",
              "250 CHUNKING");
    }
  }

  /**
   * Sends the text every few milliseconds until an answer comes, which must be long before this
   * gives up.
   */
  private static void drip(RawClient client, String text) throws IOException {
    client.socket.setSoTimeout(20);
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!client.hasInput() && System.nanoTime() - deadline < 0) {
      try {
        client.send(text);
      } catch (IOException e) {
        break; // Cut off already; the answer may still be there.
      }
    }
    client.socket.setSoTimeout(20_000);
  }
}
