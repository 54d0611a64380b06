package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.config.Cidr;
import io.mailraft.config.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  @Test
  void connectionsInAllAreBoundedAndFreedAgain() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxConnections = 2)) {
      RawClient first = listener.greeted();
      listener.greeted();
      RawClient third = listener.connect();
      third.expect("421 4.7.0 ");
      third.expectClosed();
      first.ask("QUIT", "221 ");
      Listener.await(() -> listener.events.openSessions.get() == 1);
      listener.greeted();
      assertThat(listener.events.all).contains("session refused TOO_MANY_CONNECTIONS");
    }
  }

  @Test
  void connectionsOfOneAddressAreBounded() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxConnectionsPerAddress = 1)) {
      RawClient first = listener.greeted();
      listener.connect().expect("421 4.7.0 ");
      first.close();
      Listener.await(() -> listener.events.openSessions.get() == 0);
      listener.greeted();
      assertThat(listener.events.all).contains("session refused TOO_MANY_OF_ADDRESS");
    }
  }

  @Test
  void clientsBeyondTheAllowListAreRefused() throws IOException {
    try (Listener listener =
        new Listener(settings -> settings.allow = List.of(Cidr.parse("192.0.2.0/24")))) {
      RawClient client = listener.connect();
      client.expect("554 5.7.1 ");
      client.expectClosed();
      assertThat(listener.events.all).containsExactly("session refused NOT_ALLOWED");
    }
    try (Listener listener =
        new Listener(
            settings ->
                settings.allow = List.of(Cidr.parse("192.0.2.0/24"), Cidr.parse("127.0.0.0/8")))) {
      listener.greeted();
    }
  }

  @Test
  void addressInUseIsToldByAnException() throws IOException {
    try (Listener listener = new Listener()) {
      int port = listener.door.address().getPort();
      assertThatThrownBy(
              () -> new Listener(settings -> settings.listen = new HostPort("127.0.0.1", port)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + port);
    }
  }

  @Test
  void stoppingEndsIdleSessionsAndRefusesOthers() throws Exception {
    try (Listener listener = new Listener()) {
      RawClient idle = listener.greeted();
      RawClient silent = listener.connect();
      silent.expect("220 ");
      assertThat(listener.door.stopAccepting(Duration.ofSeconds(20))).isTrue();
      idle.expect("421 4.3.2 ");
      idle.expectClosed();
      silent.expect("421 4.3.2 ");
      silent.expectClosed();
      RawClient late = listener.connect();
      late.expect("421 4.3.2 ");
      late.expectClosed();
    }
  }

  @Test
  void stoppingLetsATransactionFinish() throws Exception {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      AtomicBoolean ended = new AtomicBoolean();
      CountDownLatch stopped = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  ended.set(listener.door.stopAccepting(Duration.ofSeconds(20)));
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                stopped.countDown();
              });
      Listener.await(() -> refused(listener));
      assertThat(client.data("Subject: x\r\n\r\n.\r\n")).startsWith("250 2.0.0 ");
      client.expect("421 4.3.2 ");
      client.expectClosed();
      assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(ended).isTrue();
      assertThat(listener.uploads.stored).hasSize(1);
    }
  }

  private static boolean refused(Listener listener) {
    try (RawClient probe = new RawClient(listener.door.address())) {
      return probe.line().startsWith("421 4.3.2 ");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void transactionThatOutlastsTheGraceIsEndedWithFourTwentyOne() throws Exception {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.ask("DATA", "354 ");
      assertThat(listener.door.stopAccepting(Duration.ofMillis(50))).isFalse();
      listener.door.close();
      client.expect("421 4.3.2 ");
      client.expectClosed();
      assertThat(listener.uploads.stored).isEmpty();
      assertThat(listener.uploads.open).hasValue(0);
    }
  }

  @Test
  void closingDoesNotWaitForAQueueThatDoesNotAnswer() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (Listener listener = new Listener()) {
      listener.uploads.onCommit =
          () -> {
            try {
              never.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          };
      RawClient client = listener.addressed();
      client.ask("DATA", "354 ");
      client.send("Subject: x\r\n\r\n.\r\n");
      listener.uploads.committing.await();
      listener.door.close();
      client.expectClosed();
    } finally {
      never.countDown();
    }
  }
}
