package io.mailraft.node.smtp;

import static io.mailraft.node.smtp.AccessRun.ALICE;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ListenerAuth;
import io.mailraft.node.access.Keys;
import io.mailraft.testkit.PeerCertificate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** STARTTLS and implicit TLS. */
@Execution(ExecutionMode.CONCURRENT)
class StartTlsTest {
  private static final String CONTENT = "Subject: x\r\n\r\nbody\r\n.\r\n";

  @TempDir private Path directory;
  private AccessRun run;

  @BeforeEach
  void open() {
    run = new AccessRun(directory);
  }

  @AfterEach
  void close() throws Exception {
    run.close();
  }

  private static void hello(RawClient client) throws IOException {
    client.send("EHLO client.example\r\n");
    client.multiline();
  }

  @Test
  void the_session_begins_anew_under_tls() throws Exception {
    Listener listener = run.withUsers().withTls().listen(ListenerAuth.OPTIONAL);
    RawClient client = listener.greeted();
    client.ask("AUTH PLAIN " + ALICE, "235 ");
    client.ask("MAIL FROM:<a@b.example>", "250 ");
    client = client.startTls();
    client.ask("MAIL FROM:<a@b.example>", "503 5.5.1 ");
    client.ask("STARTTLS", "503 5.5.1 ");
    hello(client);
    client.ask("RCPT TO:<a@b.example>", "503 5.5.1 ");
    client.address();
    assertThat(client.data(CONTENT)).startsWith("250 ");
    var envelope = listener.uploads.stored.getFirst().envelope();
    assertThat(envelope.getProtocol()).isEqualTo("ESMTPS");
    assertThat(envelope.getUser()).isEmpty();
    client.ask("QUIT", "221 ");
    client.expectClosed();
  }

  @Test
  void commands_that_were_sent_ahead_of_tls_are_never_run() throws Exception {
    Listener listener = run.withTls().listen(ListenerAuth.OPTIONAL);
    RawClient client = listener.greeted();
    // One packet, so that both lines are read together.
    client.send(
        "STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<x@b.example>\r\n");
    client.expect("220 2.0.0 ");
    RawClient secured = client.underTls();
    secured.ask("NOOP", "250 2.0.0 Ok");
    secured.ask("MAIL FROM:<a@b.example>", "503 5.5.1 EHLO");
    hello(secured);
    secured.ask("RCPT TO:<a@b.example>", "503 5.5.1 MAIL");
    assertThat(listener.uploads.stored).isEmpty();
  }

  @Test
  void replies_wait_for_tls_and_large_mail_passes_through_it() throws Exception {
    Listener listener = run.withTls().listen(ListenerAuth.OPTIONAL);
    RawClient client = listener.greeted().startTls();
    String body = ("x".repeat(70) + "\r\n").repeat(40_000);
    client.send(
        "EHLO client.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n");
    client.multiline();
    client.expect("250 ");
    client.expect("250 ");
    client.expect("354 ");
    client.send("Subject: x\r\n\r\n" + body + ".\r\n");
    client.expect("250 2.0.0 ");
    assertThat(listener.uploads.stored.getFirst().text()).endsWith("\r\n\r\n" + body);
  }

  @Test
  void tls_can_begin_with_the_connection() throws Exception {
    Listener listener =
        run.withTls().listen(ListenerAuth.OPTIONAL, settings -> settings.implicitTls = true);
    RawClient client = listener.connect().underTls();
    client.expect("220 mx.example ESMTP Mailraft");
    client.send("EHLO client.example\r\n");
    assertThat(client.multiline()).noneMatch(line -> line.contains("STARTTLS"));
    client.ask("STARTTLS", "503 5.5.1 ");
    client.address();
    assertThat(client.data(CONTENT)).startsWith("250 ");
    assertThat(listener.uploads.stored.getFirst().envelope().getProtocol()).isEqualTo("ESMTPS");
  }

  @Test
  void what_is_no_handshake_ends_the_session_without_a_word_in_the_clear() throws Exception {
    Listener listener = run.withTls().listen(ListenerAuth.OPTIONAL);
    for (String garbage :
        List.of("MAIL FROM:<a@b.example>\r\n", "\u0016\u0003\u0001\u00ff\u00ff")) {
      RawClient client = listener.greeted();
      client.ask("STARTTLS", "220 ");
      client.send(garbage);
      client.socket.shutdownOutput();
      assertThat(rest(client)).doesNotContain("250").doesNotContain("421");
    }
    Listener.await(() -> listener.events.openSessions.get() == 0);
  }

  @Test
  void a_handshake_that_does_not_come_has_an_end() throws Exception {
    run.withTls();
    Listener listener =
        run.listen(
            ListenerAuth.OPTIONAL, settings -> settings.commandTimeout = Duration.ofMillis(300));
    RawClient client = listener.greeted();
    client.ask("STARTTLS", "220 ");
    client.expectClosed();
    Listener implicit =
        run.listen(
            ListenerAuth.OPTIONAL,
            settings -> {
              settings.commandTimeout = Duration.ofMillis(300);
              settings.implicitTls = true;
            });
    implicit.connect().expectClosed();
    Listener.await(() -> implicit.events.openSessions.get() == 0);
  }

  /** What comes until the connection ends, be it by a reset. */
  private static String rest(RawClient client) throws IOException {
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    try {
      client.socket.getInputStream().transferTo(rest);
    } catch (SocketException e) {
      rest.flush(); // Closed with input unread is closed too.
    }
    return rest.toString(StandardCharsets.ISO_8859_1);
  }

  /** The JDK's own client would not offer TLS 1.1, so this is such an offer in bytes. */
  @Test
  void old_protocols_are_refused() throws Exception {
    Listener listener = run.withTls().listen(ListenerAuth.OPTIONAL);
    RawClient client = listener.greeted();
    client.ask("STARTTLS", "220 ");
    client.send(
        HexFormat.of()
            .parseHex("160301002d" + "01000029" + "0302" + "00".repeat(32) + "000002002f0100"));
    String alert = rest(client);
    assertThat(alert).hasSize(7).startsWith("\u0015\u0003").endsWith("\u0002F");
    RawClient second = listener.greeted();
    second.ask("STARTTLS", "220 ");
    second.underTls("TLSv1.2").ask("NOOP", "250 ");
  }

  @Test
  void a_certificate_is_taken_over_when_its_files_change_and_a_broken_one_is_not()
      throws Exception {
    Listener listener = run.withTls().listen(ListenerAuth.OPTIONAL);
    PeerCertificate used = run.certificate.orElseThrow();
    PeerCertificate other = Keys.certificate(directory.resolve("other"));
    String before = serial(listener);
    // The key has not come yet, so the two do not belong together.
    copy(other.certificate(), used.certificate());
    assertThat(serial(listener)).isEqualTo(before);
    copy(other.key(), used.key());
    Listener.await(() -> !serial(listener).equals(before));
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String serial(Listener listener) {
    try (RawClient client = listener.greeted().startTls()) {
      return ((java.security.cert.X509Certificate)
              ((SSLSocket) client.socket).getSession().getPeerCertificates()[0])
          .getSerialNumber()
          .toString();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
