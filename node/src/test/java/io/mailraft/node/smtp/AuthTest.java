package io.mailraft.node.smtp;

import static io.mailraft.node.smtp.AccessRun.ALICE;
import static io.mailraft.node.smtp.AccessRun.PASSWORD;
import static io.mailraft.node.smtp.AccessRun.base64;
import static io.mailraft.node.smtp.AccessRun.plain;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ListenerAuth;
import io.mailraft.node.access.HookServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUTH, by clients that behave and by clients that do not. */
class AuthTest {
  private static final ListenerAuth REQUIRED = new ListenerAuth(true, true);
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

  private Listener listener() throws Exception {
    return run.withUsers().listen(REQUIRED);
  }

  private static void expectDenied(RawClient client) throws Exception {
    client.expect("535 5.7.8 ");
    client.ask("MAIL FROM:<a@b.example>", "530 5.7.0 ");
  }

  @Test
  void plain_in_one_line_lets_in_and_the_envelope_says_who() throws Exception {
    Listener listener = listener();
    RawClient client = listener.connect();
    client.expect("220 ");
    client.send("EHLO client.example\r\n");
    assertThat(client.multiline()).contains("250-AUTH PLAIN LOGIN");
    client.ask("MAIL FROM:<a@b.example>", "530 5.7.0 ");
    client.ask("AUTH PLAIN " + ALICE, "235 2.7.0 ");
    client.address();
    assertThat(client.data(CONTENT)).startsWith("250 2.0.0 ");
    var envelope = listener.uploads.stored.getFirst().envelope();
    assertThat(envelope.getUser()).isEqualTo("alice");
    assertThat(envelope.getProtocol()).isEqualTo("ESMTPA");
    assertThat(envelope.getTls()).isEmpty();
  }

  @Test
  void both_mechanisms_work_step_by_step_and_with_an_initial_response() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    assertThat(client.ask("auth plain", "334")).isEqualTo("334 ");
    client.ask(ALICE, "235 ");
    client = listener.greeted();
    assertThat(client.ask("AUTH LOGIN", "334")).isEqualTo("334 VXNlcm5hbWU6");
    assertThat(client.ask(base64("alice"), "334")).isEqualTo("334 UGFzc3dvcmQ6");
    client.ask(base64(PASSWORD), "235 ");
    client = listener.greeted();
    client.ask("AUTH LOGIN " + base64("alice"), "334 UGFzc3dvcmQ6");
    client.ask(base64(PASSWORD), "235 ");
    client = listener.greeted();
    client.ask("AUTH PLAIN " + plain("alice", "alice", PASSWORD), "235 ");
    client.expectInStep();
  }

  @Test
  void wrong_credentials_are_denied() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    client.send("AUTH PLAIN " + plain("", "alice", "wrong") + "\r\n");
    expectDenied(client);
    client.send("AUTH PLAIN " + plain("", "nobody", PASSWORD) + "\r\n");
    expectDenied(client);
    client.send("AUTH PLAIN " + plain("boss", "alice", PASSWORD) + "\r\n");
    expectDenied(client);
    client.ask("AUTH PLAIN " + ALICE, "235 ");
  }

  @Test
  void what_comes_out_of_turn_is_refused() throws Exception {
    Listener listener = listener();
    RawClient client = listener.connect();
    client.expect("220 ");
    client.ask("AUTH PLAIN " + ALICE, "503 5.5.1 ");
    client.ask("HELO client.example", "250 ");
    client.ask("AUTH PLAIN " + ALICE, "503 5.5.1 ");
    client.ask("MAIL FROM:<a@b.example>", "530 5.7.0 ");
    client = listener.greeted();
    client.ask("AUTH", "501 5.5.4 ");
    client.ask("AUTH CRAM-MD5", "504 5.5.4 ");
    client.ask("STARTTLS", "502 5.5.1 ");
    client.ask("AUTH PLAIN " + ALICE, "235 ");
    client.ask("AUTH PLAIN " + ALICE, "503 5.5.1 ");
    client.ask("MAIL FROM:<a@b.example> AUTH=<>", "250 ");
    client.ask("RSET", "250 ");
    client.ask("MAIL FROM:<a@b.example> AUTH=x@y.example AUTH=<>", "501 5.5.4 ");
    Listener free = run.listen(ListenerAuth.OPTIONAL);
    client = free.greeted();
    client.ask("MAIL FROM:<a@b.example>", "250 ");
    client.ask("AUTH PLAIN " + ALICE, "503 5.5.1 ");
    client.ask("RCPT TO:<a@b.example>", "250 ");
  }

  @Test
  void an_exchange_can_be_cancelled() throws Exception {
    RawClient client = listener().greeted();
    client.ask("AUTH PLAIN", "334 ");
    client.ask("*", "501 5.7.0 ");
    client.ask("AUTH LOGIN", "334 ");
    client.ask(base64("alice"), "334 ");
    client.ask("*", "501 5.7.0 ");
    client.ask("AUTH PLAIN " + ALICE, "235 ");
  }

  @Test
  void responses_that_are_none_are_refused_and_the_session_stays_in_step() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    for (String wrong :
        List.of(
            "%%%%",
            "YQ",
            "YQ=a",
            "=",
            base64("alice"),
            base64("\0alice\0" + PASSWORD + "\0"),
            "/w==",
            "YWxpY2U=\0")) {
      client.send("AUTH PLAIN\r\n");
      client.expect("334 ");
      client.send(wrong + "\r\n");
      client.expect("501 5.5.2 ");
    }
    client.send("AUTH PLAIN\r\n");
    client.expect("334 ");
    client.send("QUIT\r\n");
    client.expect("501 5.5.2 ");
    client.expectInStep();
    client.send("AUTH PLAIN\r\n");
    client.expect("334 ");
    client.send(ALICE + "\n");
    client.expect("550 5.5.2 ");
    client.send("\r\n");
    client.expectInStep();
    client.ask("AUTH PLAIN " + ALICE, "235 ");
  }

  @Test
  void names_and_passwords_with_control_characters_or_without_end_are_nobodys() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    client.ask("AUTH PLAIN " + plain("", "al\r\nice", PASSWORD), "535 5.7.8 ");
    client.ask("AUTH PLAIN " + plain("", "alice", "x".repeat(5000)), "535 5.7.8 ");
    client.ask("AUTH LOGIN", "334 ");
    client.ask(base64("a\0b"), "334 ");
    client.ask(base64("a\0b"), "535 5.7.8 ");
    client.ask("AUTH PLAIN " + plain("", "", ""), "535 5.7.8 ");
  }

  @Test
  void overlong_lines_are_refused_and_passed_over() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    client.ask("AUTH PLAIN " + "A".repeat(CommandReader.AUTH_BYTES_MAX), "500 5.5.2 ");
    client.ask("AUTH PLAIN", "334 ");
    client.ask("A".repeat(100_000), "500 5.5.6 ");
    client.ask("NOOP " + "A".repeat(CommandReader.LINE_BYTES_MAX), "500 5.5.2 ");
    client.expectInStep();
    client.ask("AUTH PLAIN " + ALICE, "235 ");
  }

  @Test
  void a_session_ends_after_five_denials() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    for (int i = 0; i < Conversation.DENIALS_MAX - 1; i++) {
      client.ask("AUTH PLAIN " + plain("", "alice", "guess" + i), "535 5.7.8 ");
    }
    client.ask("AUTH PLAIN " + plain("", "alice", "guess"), "421 4.7.0 ");
    client.expectClosed();
  }

  @Test
  void attempts_of_an_address_are_limited_over_sessions() throws Exception {
    Listener listener = listener();
    int denied = 0;
    String reply = "";
    while (!reply.startsWith("421") && denied < 100) {
      RawClient client = listener.greeted();
      client.send("AUTH PLAIN " + plain("", "alice", "guess" + denied) + "\r\n");
      reply = client.line();
      denied += reply.startsWith("535 5.7.8 ") ? 1 : 0;
      client.close();
    }
    assertThat(reply).startsWith("421 4.7.0 Too many failed attempts");
    assertThat(denied).isEqualTo(20);
  }

  @Test
  void a_password_may_not_come_in_the_clear_unless_it_is_allowed() throws Exception {
    Listener listener = run.withUsers().withTls().listen(new ListenerAuth(true, false));
    RawClient client = listener.connect();
    client.expect("220 ");
    client.send("EHLO client.example\r\n");
    assertThat(client.multiline())
        .contains("250-STARTTLS")
        .noneMatch(line -> line.contains("AUTH"));
    client.ask("AUTH PLAIN " + ALICE, "538 5.7.11 ");
    client.ask("MAIL FROM:<a@b.example>", "530 5.7.0 ");
    client = client.startTls();
    client.ask("AUTH PLAIN " + ALICE, "503 5.5.1 ");
    client.send("EHLO client.example\r\n");
    assertThat(client.multiline())
        .contains("250-AUTH PLAIN LOGIN")
        .noneMatch(line -> line.contains("STARTTLS"));
    client.ask("AUTH PLAIN " + ALICE, "235 ");
    client.address();
    assertThat(client.data(CONTENT)).startsWith("250 2.0.0 ");
    var envelope = listener.uploads.stored.getFirst().envelope();
    assertThat(envelope.getProtocol()).isEqualTo("ESMTPSA");
    assertThat(envelope.getTls()).matches("version=TLSv1\\.3 cipher=TLS_[A-Z0-9_]+");
  }

  @Test
  void a_trusted_account_chooses_its_zone_and_another_does_not() throws Exception {
    run.withUsers();
    Listener listener =
        run.listen(
            REQUIRED,
            settings -> {
              settings.trustRouting = false;
            });
    for (String name : List.of("alice", "boss")) {
      RawClient client = listener.greeted();
      client.ask("AUTH PLAIN " + plain("", name, PASSWORD), "235 ");
      client.address();
      assertThat(client.data("X-Sending-Zone: bulk\r\n" + CONTENT)).startsWith("250 ");
    }
    assertThat(listener.trusted).containsExactly(false, true);
  }

  @Test
  void an_application_that_cannot_tell_is_a_reason_to_come_again() throws Exception {
    HookServer server = run.server(HookServer.status(200));
    server.answer(server.never());
    Listener listener = run.withHook(server, Duration.ofMillis(300)).listen(REQUIRED);
    RawClient client = listener.greeted();
    client.ask("AUTH PLAIN " + ALICE, "454 4.7.0 ");
    server.answer(HookServer.status(401));
    client.ask("AUTH PLAIN " + ALICE, "535 5.7.8 ");
    server.answer(HookServer.status(200));
    client.ask("AUTH PLAIN " + ALICE, "235 2.7.0 ");
    assertThat(server.asked).allMatch(asked -> asked.uri().equals("/?transport=SMTP"));
  }
}
