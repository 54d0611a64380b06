package io.mailraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SmtpSinkTest {
  private final List<SmtpSink.Received> received = new CopyOnWriteArrayList<>();

  @Test
  void takes_a_pipelined_message_and_removes_the_stuffed_dots() throws IOException {
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(received::add))) {
      String replies =
          talk(
              sink,
              "EHLO c.example",
              "MAIL FROM:<a@x.example> SIZE=9",
              "RCPT TO:<b@y.example>",
              "RCPT TO:<c@y.example>",
              "DATA",
              "..a",
              "b\r.",
              "...",
              ".",
              "QUIT");
      assertThat(replies).startsWith("220 ").contains("\r\n354 ").contains("\r\n221 ");
      assertThat(received).hasSize(1);
      SmtpSink.Received message = received.getFirst();
      assertThat(new String(message.content(), StandardCharsets.UTF_8))
          .isEqualTo(".a\r\nb\r.\r\n..\r\n");
      assertThat(message.bytes()).isEqualTo(message.content().length);
      assertThat(message.recipients()).containsExactly("b@y.example", "c@y.example");
      assertThat(message.mailParameters()).isEqualTo("SIZE=9");
      assertThat(message.helo()).isEqualTo("c.example");
    }
  }

  @Test
  void refuses_what_the_script_refuses() throws IOException {
    Script script = Script.atRecipient("b@y.example", Action.reply("550 5.1.1 Nobody"));
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(received::add).withScript(script))) {
      String replies =
          talk(sink, "EHLO c.example", "MAIL FROM:<>", "RCPT TO:<b@y.example>", "DATA", "QUIT");
      assertThat(replies).contains("550 5.1.1 Nobody\r\n503 5.5.1 No valid recipients\r\n221 ");
      assertThat(received).isEmpty();
      assertThat(sink.messages()).isZero();
    }
  }

  @Test
  void hashes_content_without_keeping_it() throws IOException {
    try (SmtpSink sink =
        SmtpSink.start(SmtpSink.Options.of(received::add).withKeep(SmtpSink.Keep.DIGEST))) {
      talk(sink, "HELO c", "MAIL FROM:<>", "RCPT TO:<b@y.example>", "DATA", "abc", ".", "QUIT");
      assertThat(received.getFirst().content()).isEmpty();
      assertThat(received.getFirst().bytes()).isEqualTo(5);
      assertThat(received.getFirst().sha256())
          .isEqualTo("552bab6864c7a7b69a502ed1854b9245c0e1a30f008aaa0b281da62585fdb025");
    }
  }

  private static String talk(SmtpSink sink, String... lines) throws IOException {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), sink.port())) {
      OutputStream out = socket.getOutputStream();
      out.write((String.join("\r\n", lines) + "\r\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
