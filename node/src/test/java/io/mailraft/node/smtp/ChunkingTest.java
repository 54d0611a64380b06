package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ChunkingTest {
  private static final String HEADER = "From: a@b.example\r\nMessage-ID: <1>\r\nDate: now\r\n\r\n";

  @Test
  void chunksMakeOneMessage() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send(bdat(HEADER.substring(0, 9), false));
      client.expect("250 2.0.0 9 octets received");
      client.send(bdat(HEADER.substring(9) + ".\r\nline\r", false));
      client.expect("250 2.0.0 ");
      client.ask("NOOP", "250 ");
      client.send(bdat("\n..\r\n", true));
      client.expect("250 2.0.0 Message queued as ");
      assertThat(listener.uploads.stored.getFirst().text())
          .isEqualTo(HEADER + ".\r\nline\r\n..\r\n");
      client.expectInStep();
    }
  }

  @Test
  void wholePipelineOfChunksInOnePacketWorks() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      String message =
          "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n"
              + bdat(HEADER, false)
              + bdat("x\r\n", false)
              + "BDAT 0 LAST\r\n";
      client.send(message + message + "QUIT\r\n");
      for (int i = 0; i < 2; i++) {
        client.expect("250 2.1.0 ");
        client.expect("250 2.1.5 ");
        client.expect("250 2.0.0 ");
        client.expect("250 2.0.0 3 octets");
        client.expect("250 2.0.0 Message queued as ");
      }
      client.expect("221 ");
      assertThat(listener.uploads.stored).hasSize(2);
      assertThat(listener.uploads.stored.get(1).text()).isEqualTo(HEADER + "x\r\n");
    }
  }

  @Test
  void lastLineWithoutItsEndGetsOne() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send(bdat(HEADER + "no end", true));
      client.expect("250 2.0.0 Message queued as ");
      assertThat(listener.uploads.stored.getFirst().text()).isEqualTo(HEADER + "no end\r\n");
    }
  }

  @Test
  void emptyMessageIsAMessage() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.ask("BDAT 0 LAST", "250 2.0.0 Message queued as ");
      assertThat(listener.uploads.stored.getFirst().text())
          .matches("(?s)Message-ID: .*Date: .*\r\n\r\n");
    }
  }

  @Test
  void chunkAfterARefusedOneIsConsumedAndRefused() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send(
          bdat("a\nb", false) + bdat("QUIT\r\n", false) + bdat("QUIT\r\n", true) + "NOOP\r\n");
      client.expect("550 5.5.2 ");
      client.expect("503 5.5.1 ");
      client.expect("503 5.5.1 ");
      client.expect("250 2.0.0 Ok");
      client.expectInStep();
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
    }
  }

  @Test
  void bareLineEndsInChunksAreRefused() throws IOException {
    for (String content : new String[] {"a\nb", "a\rb", "a\r", "\n", "a\r\r\n"}) {
      try (Listener listener = new Listener()) {
        RawClient client = listener.addressed();
        client.send(bdat(HEADER + content, true));
        client.expect("550 5.5.2 ");
        client.expectInStep();
      }
    }
  }

  @Test
  void chunksAndDataDoNotMix() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send(bdat(HEADER, false));
      client.expect("250 ");
      client.ask("RCPT TO:<c@example.net>", "503 5.5.1 ");
      client.ask("MAIL FROM:<c@example.net>", "503 5.5.1 ");
      client.ask("DATA", "503 5.5.1 ");
      client.send(bdat("QUIT\r\n", true));
      client.expect("503 5.5.1 ");
      client.expectInStep();
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
    }
  }

  @Test
  void chunkWithoutRecipientIsConsumedAndRefused() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.ask("MAIL FROM:<a@example.com>", "250 ");
      client.send(bdat("QUIT\r\n", true));
      client.expect("503 5.5.1 ");
      client.expectInStep();
    }
  }

  @Test
  void chunkWhoseSizeCannotBeReadEndsTheSession() throws IOException {
    for (String arguments :
        new String[] {"", "x", "-5", "5 LAST x", "5 FIRST", "1e3", "99999999999999999999"}) {
      try (Listener listener = new Listener()) {
        RawClient client = listener.addressed();
        client.send("BDAT " + arguments + "\r\nQUIT\r\n");
        client.expect("501 5.5.4 ");
        client.expectClosed();
      }
    }
  }

  @Test
  void resetGivesUpTheChunksSoFar() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send(bdat(HEADER + "x\r\n", false));
      client.expect("250 ");
      assertThat(listener.uploads.open).hasValue(1);
      client.ask("RSET", "250 ");
      assertThat(listener.uploads.open).hasValue(0);
      client.address();
      assertThat(client.data(HEADER + "y\r\n.\r\n")).startsWith("250 ");
      assertThat(listener.uploads.stored.getFirst().text()).isEqualTo(HEADER + "y\r\n");
    }
  }

  private static String bdat(String content, boolean last) {
    return "BDAT " + content.length() + (last ? " LAST" : "") + "\r\n" + content;
  }
}
