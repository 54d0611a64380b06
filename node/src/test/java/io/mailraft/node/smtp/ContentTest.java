package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.submit.ZoneChooser;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.QueueException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ContentTest {
  private static final String HEADER =
      "From: a@shop.example\r\nMessage-ID: <1@x.example>\r\nDate: now\r\n";

  private static ByteString sha256(String text) throws NoSuchAlgorithmException {
    return ByteString.copyFrom(
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void messageIsStoredWithItsFacts() throws Exception {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      String answer = client.data(HEADER + "\r\n..dot\r\nend\r\n.\r\n");
      MemoryUploads.Stored stored = listener.uploads.stored.getFirst();
      assertThat(answer).isEqualTo("250 2.0.0 Message queued as " + stored.id());
      assertThat(answer).matches(".* [0-9a-f]{18}");
      assertThat(stored.text()).isEqualTo(HEADER + "\r\n.dot\r\nend\r\n");
      assertThat(stored.envelope())
          .isEqualTo(
              Envelope.newBuilder()
                  .setSender("sender@example.com")
                  .setListener("feeder")
                  .setOrigin("127.0.0.1")
                  .setOriginHost("[127.0.0.1]")
                  .setHelo("client.example")
                  .setProtocol("ESMTP")
                  .setAcceptedMillis(Listener.NOW.toEpochMilli())
                  .setMessageId("<1@x.example>")
                  .setNode("n1")
                  .setBodyHash(sha256(".dot\r\nend\r\n"))
                  .build());
      assertThat(stored.recipients())
          .containsExactly(
              Recipient.newBuilder()
                  .setSeq(1)
                  .setAddress("rcpt@example.net")
                  .setDomain("example.net")
                  .setZone("default")
                  .build());
      assertThat(listener.events.all).contains("accepted 1");
    }
  }

  @Test
  void oldClientIsToldApartFromAnExtendedOne() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 ");
      client.ask("HELO old.example", "250 ");
      client.address();
      client.data(HEADER + "\r\n.\r\n");
      assertThat(listener.uploads.stored.getFirst().envelope().getProtocol()).isEqualTo("SMTP");
    }
  }

  @Test
  void missingFieldsAreAddedAndBlindCopiesRemoved() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.data("From: a@shop.example\r\nBcc: x@y.example,\r\n z@y.example\r\n\r\nbody\r\n.\r\n");
      MemoryUploads.Stored stored = listener.uploads.stored.getFirst();
      assertThat(stored.text())
          .matches(
              String.join(
                  "\r\n",
                  "From: a@shop.example",
                  "Message-ID: <[0-9a-f-]{36}@shop.example>",
                  "Date: Sun, 1 Mar 2026 12:34:56 \\+0000",
                  "",
                  "body",
                  ""));
      assertThat(stored.text()).contains(stored.envelope().getMessageId());
    }
  }

  @Test
  void addedMessageIdFallsBackToTheSenderAndThenToOurName() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.data("Subject: x\r\n\r\n.\r\n");
      client.ask("MAIL FROM:<>", "250 ");
      client.ask("RCPT TO:<b@example.net>", "250 ");
      client.data("Subject: x\r\n\r\n.\r\n");
      assertThat(listener.uploads.stored.get(0).text()).contains("@example.com>");
      assertThat(listener.uploads.stored.get(1).text()).contains("@mx.example>");
    }
  }

  @Test
  void eachRecipientHasItsZoneAndDuplicatesCollapse() throws IOException {
    ZoneChooser zones =
        submission ->
            domain ->
                Listener.zone(
                    domain.equals("example.net")
                        ? submission.headers().sendingZone().orElse("none")
                        : "default");
    try (Listener listener = new Listener(settings -> {}, zones)) {
      RawClient client = listener.greeted();
      client.ask("MAIL FROM:<a@example.com>", "250 ");
      for (String recipient :
          new String[] {
            "bulk@example.net",
            "b@example.net",
            "bulk@EXAMPLE.NET",
            "Bulk@example.net",
            "\"bulk\"@example.net",
            "b@example.org"
          }) {
        client.ask("RCPT TO:<" + recipient + ">", "250 2.1.5 ");
      }
      client.data("X-Sending-Zone: offers\r\n\r\n.\r\n");
      MemoryUploads.Stored stored = listener.uploads.stored.getFirst();
      assertThat(stored.recipients())
          .extracting(r -> r.getSeq() + " " + r.getAddress() + " " + r.getZone())
          .containsExactly(
              "1 bulk@example.net offers",
              "2 b@example.net offers",
              "3 Bulk@example.net offers",
              "4 b@example.org default");
      assertThat(stored.text()).doesNotContain("X-Sending-Zone");
    }
  }

  @Test
  void eightBitContentIsTakenAndMarked() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.data(HEADER + "\r\nna\u00efve\r\n.\r\n");
      client.ask("MAIL FROM:<a@example.com> BODY=8BITMIME", "250 ");
      client.ask("RCPT TO:<b@example.net>", "250 ");
      client.data(HEADER + "\r\nplain\r\n.\r\n");
      assertThat(listener.uploads.stored).allMatch(s -> s.envelope().getEightBit());
      assertThat(listener.uploads.stored.getFirst().text()).contains("na\u00efve");
    }
  }

  @Test
  void headerWithoutAnEmptyLineGetsOne() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.data(HEADER + "just text\r\nmore: text\r\n.\r\n");
      assertThat(listener.uploads.stored.getFirst().text())
          .isEqualTo(HEADER + "\r\njust text\r\nmore: text\r\n");
    }
  }

  @Test
  void contentThatCannotBePassedOnIsRefused() throws IOException {
    try (Listener listener =
        new Listener(
            settings -> {
              settings.maxHeaderBytes = 5000;
              settings.maxReceivedHeaders = 3;
            })) {
      RawClient client = listener.addressed();
      assertThat(client.data(HEADER + "\r\na\u0000b\r\n.\r\n")).startsWith("554 5.6.0 ");
      client.address();
      assertThat(client.data(HEADER + "\r\n" + "x".repeat(999) + "\r\n.\r\n"))
          .startsWith("554 5.6.0 ");
      client.address();
      assertThat(client.data("X: yyyyyyyyyy\r\n".repeat(500) + "\r\n.\r\n"))
          .startsWith("552 5.3.4 ");
      client.address();
      assertThat(client.data("Received: x\r\n".repeat(4) + "\r\n.\r\n")).startsWith("554 5.4.6 ");
      client.expectInStep();
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
      client.address();
      assertThat(client.data("Received: x\r\n".repeat(3) + "\r\n" + "x".repeat(998) + "\r\n.\r\n"))
          .startsWith("250 2.0.0 ");
      assertThat(listener.events.all)
          .contains("refused 554 5.6.0", "refused 552 5.3.4", "refused 554 5.4.6", "accepted 1");
    }
  }

  @Test
  void recipientLimitIsTemporaryAndKeepsTheOthers() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxRecipients = 2)) {
      RawClient client = listener.addressed();
      client.ask("RCPT TO:<two@example.net>", "250 2.1.5 ");
      client.ask("RCPT TO:<three@example.net>", "452 4.5.3 ");
      assertThat(client.data(HEADER + "\r\n.\r\n")).startsWith("250 2.0.0 ");
      assertThat(listener.uploads.stored.getFirst().recipients()).hasSize(2);
    }
  }

  @Test
  void i9_headerSectionsShareTheHeapAndUsualMailNeedsNoneOfIt() throws IOException {
    HeapBudget heap = new HeapBudget(32 << 10);
    String large = "X: yyyyyyyyyy\r\n".repeat(2_000);
    try (Listener listener = new Listener(settings -> settings.heap = heap)) {
      RawClient first = listener.addressed();
      first.ask("DATA", "354 ");
      first.send(large);
      Listener.await(() -> heap.freeBytes() == 16 << 10);
      RawClient second = listener.addressed();
      assertThat(second.data(large + "\r\n.\r\n")).startsWith("451 4.3.2 ");
      second.address();
      assertThat(second.data(HEADER + "\r\nusual\r\n.\r\n")).startsWith("250 2.0.0 ");
      first.send("\r\n.\r\n");
      first.expect("250 2.0.0 ");
      second.address();
      assertThat(second.data(large + "\r\n.\r\n")).startsWith("250 2.0.0 ");
      second.address();
      assertThat(second.data(large + large + "\r\n.\r\n")).startsWith("552 5.3.4 ");
      RawClient third = listener.addressed();
      third.ask("DATA", "354 ");
      third.send(large);
      Listener.await(() -> heap.freeBytes() == 16 << 10);
      third.breakOff();
      Listener.await(() -> heap.freeBytes() == 32 << 10);
    }
  }

  @Test
  void i9_recipientsShareTheHeap() throws IOException {
    HeapBudget heap = new HeapBudget(64 << 10);
    try (Listener listener =
        new Listener(
            settings -> {
              settings.heap = heap;
              settings.maxRecipients = 10_000;
            })) {
      RawClient client = listener.addressed();
      int taken = 1;
      String reply;
      do {
        client.send("RCPT TO:<r" + taken++ + "@example.net>\r\n");
        reply = client.line();
      } while (reply.startsWith("250 ") && taken < 1_000);
      assertThat(reply).startsWith("452 4.5.3 ");
      assertThat(taken).isBetween(50, 400);
      RawClient other = listener.addressed();
      String last = "250 ";
      for (int i = 0; i < 100 && last.startsWith("250 "); i++) {
        other.send("RCPT TO:<r" + i + "@example.net>\r\n");
        last = other.line();
      }
      assertThat(last).startsWith("451 4.3.2 ");
      assertThat(other.data(HEADER + "\r\n.\r\n")).startsWith("250 2.0.0 ");
      assertThat(client.data(HEADER + "\r\n.\r\n")).startsWith("250 2.0.0 ");
      assertThat(listener.uploads.stored.getLast().recipients()).hasSize(taken - 1);
      Listener.await(() -> heap.freeBytes() == 64 << 10);
    }
  }

  @Test
  void everyReasonOfTheQueueReachesTheClientInItsCode() throws IOException {
    for (Reason reason : Reason.values()) {
      for (int step = 0; step < 3; step++) {
        try (Listener listener = new Listener()) {
          MemoryUploads.Step refuse =
              () -> {
                throw new QueueException(reason, "secret detail");
              };
          switch (step) {
            case 0 -> listener.uploads.onBegin = refuse;
            case 1 -> listener.uploads.onWrite = refuse;
            default -> listener.uploads.onCommit = refuse;
          }
          RawClient client = listener.addressed();
          String answer = client.data(HEADER + "\r\nbody\r\n.\r\n");
          assertThat(answer)
              .isEqualTo(reason.code() + " " + reason.enhanced() + " " + reason.text());
          if (reason.code() == 421) {
            client.expectClosed();
          } else {
            client.expectInStep();
          }
          assertThat(listener.uploads.stored).isEmpty();
          assertThat(listener.uploads.open).hasValue(0);
        }
      }
    }
  }

  @Test
  void unexpectedErrorOfTheQueueIsConsumedAndAnsweredWithoutItsDetail() throws IOException {
    try (Listener listener = new Listener()) {
      listener.uploads.onWrite =
          () -> {
            throw new IllegalStateException("secret detail");
          };
      RawClient client = listener.addressed();
      String answer = client.data(HEADER + "\r\nRSET\r\nQUIT\r\n.\r\n");
      assertThat(answer).startsWith("451 4.3.0 ").doesNotContain("secret");
      client.expectInStep();
    }
  }

  @Test
  void i1_yesIsSaidOnlyAfterTheCommitReturns() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.dataTimeout = Duration.ofMillis(200))) {
      CountDownLatch election = new CountDownLatch(1);
      listener.uploads.onCommit =
          () -> {
            try {
              election.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          };
      RawClient client = listener.addressed();
      client.ask("DATA", "354 ");
      client.send(HEADER + "\r\n.\r\n");
      client.socket.setSoTimeout(
          600); // Three times what the content may take: the queue may take longer.
      assertThat(client.hasInput()).isFalse();
      client.socket.setSoTimeout(20_000);
      election.countDown();
      client.expect("250 2.0.0 Message queued as ");
      client.expectInStep();
    }
  }

  @Test
  void i3_connectionLostInsideDataCommitsNothing() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.ask("DATA", "354 ");
      client.send(HEADER + "\r\nhalf\r\n.\r");
      Listener.await(() -> listener.uploads.begun.get() == 1);
      client.breakOff();
      Listener.await(() -> listener.events.openSessions.get() == 0);
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
    }
  }

  @Test
  void uploadIsOpenedNoEarlierThanTheContent() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.ask("DATA", "354 ");
      assertThat(listener.uploads.begun).hasValue(0);
    }
  }
}
