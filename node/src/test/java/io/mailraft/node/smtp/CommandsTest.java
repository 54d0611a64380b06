package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CommandsTest {

  @Test
  void commandsOutOfSequenceAreRefused() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 ");
      client.ask("MAIL FROM:<a@example.com>", "503 5.5.1 ");
      client.ask("HELO client.example", "250 mx.example");
      client.ask("RCPT TO:<b@example.net>", "503 5.5.1 ");
      client.ask("DATA", "503 5.5.1 ");
      client.ask("MAIL FROM:<a@example.com>", "250 2.1.0 ");
      client.ask("MAIL FROM:<a@example.com>", "503 5.5.1 ");
      client.ask("DATA", "503 5.5.1 ");
      client.ask("RSET", "250 2.0.0 ");
      client.ask("RCPT TO:<b@example.net>", "503 5.5.1 ");
      client.ask("quit", "221 2.0.0 ");
      client.expectClosed();
    }
  }

  @Test
  void greetingAgainEndsTheTransaction() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.addressed();
      client.send("EHLO again.example\r\n");
      client.multiline();
      client.ask("DATA", "503 5.5.1 ");
    }
  }

  @Test
  void greetingNeedsANameThatCanStandInAReceivedField() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 ");
      client.ask("EHLO", "501 5.5.4 ");
      client.ask("HELO ", "501 5.5.4 ");
      client.ask("EHLO a b", "501 5.5.4 ");
      client.ask("EHLO a(b)", "501 5.5.4 ");
      client.ask("EHLO a;b", "501 5.5.4 ");
      client.ask("EHLO " + "a".repeat(256), "501 5.5.4 ");
      client.ask("HELO [192.0.2.1]", "250 ");
      client.ask("HELO under_score", "250 ");
    }
  }

  @Test
  void unknownCommandsAreRefusedAndOddlyNamedOnesAreUnknown() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      for (String command :
          new String[] {"", "X", "DATAX", "MAILFROM:<a@example.com>", "UNKNOWN", "MALFORMED"}) {
        client.ask(command, "500 5.5.1 ");
      }
      for (String command : new String[] {"EXPN a", "ETRN a", "TURN", "BURL x"}) {
        client.ask(command, "502 5.5.1 ");
      }
      client.ask("VRFY a@example.com", "252 2.0.0 ");
      client.ask("VRFY", "501 5.5.4 ");
      client.ask("HELP", "214 2.0.0 ");
      client.ask("NOOP something", "250 2.0.0 ");
      client.ask("noop  ", "250 2.0.0 ");
    }
  }

  @Test
  void tooManyBadCommandsEndTheSession() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      for (int i = 1; i < Conversation.BAD_COMMANDS_MAX; i++) {
        client.ask("BAD", "500 5.5.1 ");
      }
      client.ask("BAD", "421 4.7.0 ");
      client.expectClosed();
    }
  }

  @Test
  void browserIsSentAwayBeforeItsBodyIsRead() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 ");
      client.send(
          "POST / HTTP/1.1\r\nHost: mx.example\r\n\r\nHELO a\r\nMAIL FROM:<a@b.example>\r\n");
      client.expect("421 4.7.0 ");
      client.expectClosed();
    }
  }

  @Test
  void bareLineEndInACommandIsRefusedAndWhatFollowsItIsNoCommand() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.send("NOOP\nMAIL FROM:<a@example.com>\r\n");
      client.expect("550 5.5.2 ");
      client.send("NOOP\rMAIL FROM:<a@example.com>\r\n");
      client.expect("550 5.5.2 ");
      client.send("NOOP\r\r\n");
      client.expect("550 5.5.2 ");
      client.send("MAIL FROM:<a@example.com\r>\r\n");
      client.expect("550 5.5.2 ");
      client.ask("RCPT TO:<b@example.net>", "503 5.5.1 ");
      client.expectInStep();
    }
  }

  @Test
  void clientWithBareLineFeedsLearnsAtOnceWhy() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.connect();
      client.expect("220 ");
      client.send("EHLO client.example\n");
      client.expect("550 5.5.2 ");
    }
  }

  @Test
  void controlCharactersAndBrokenUtf8AreRefused() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.ask("NOOP \u0000", "500 5.5.2 ");
      client.ask("MAIL\tFROM:<a@example.com>", "500 5.5.2 ");
      client.ask("MAIL FROM:<a\u0000b@example.com>", "500 5.5.2 ");
      client.ask("MAIL FROM:<a\u007fb@example.com>", "500 5.5.2 ");
      client.ask("MAIL FROM:<a\u00ffb@example.com> SMTPUTF8", "500 5.5.2 ");
      client.ask("\u00ff\u00ff", "500 5.5.1 ");
      client.expectInStep();
    }
  }

  @Test
  void commandLinesAreBounded() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.ask("NOOP " + "x".repeat(CommandReader.LINE_BYTES_MAX - 7), "250 2.0.0 ");
      client.ask("NOOP " + "x".repeat(CommandReader.LINE_BYTES_MAX - 6), "500 5.5.2 ");
      client.ask("NOOP " + "x".repeat(200_000), "500 5.5.2 ");
      client.expectInStep();
    }
  }

  @Test
  void mailParametersAreCheckedOneByOne() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      String mail = "MAIL FROM:<a@example.com> ";
      client.ask(mail + "FOO=bar", "555 5.5.4 ");
      client.ask(mail + "RET=HDRS", "555 5.5.4 ");
      client.ask(mail + "AUTH=<>", "555 5.5.4 ");
      client.ask(mail + "BODY=BINARYMIME", "504 5.5.4 ");
      client.ask(mail + "BODY", "501 5.5.4 ");
      client.ask(mail + "SIZE=", "501 5.5.4 ");
      client.ask(mail + "SIZE=-1", "501 5.5.4 ");
      client.ask(mail + "SIZE=1 SIZE=1", "501 5.5.4 ");
      client.ask(mail + "SIZE=123456789012345678901", "501 5.5.4 ");
      client.ask(mail + "SMTPUTF8=yes", "501 5.5.4 ");
      client.ask("MAIL FROM:<a@example.com>SIZE=1", "501 5.5.2 ");
      client.ask("MAIL TO:<a@example.com>", "501 5.5.2 ");
      client.ask("MAIL", "501 5.5.2 ");
      for (String parameters :
          new String[] {"", "SIZE=0", "body=8bitmime  size=5", "BODY=7BIT", "SMTPUTF8"}) {
        client.ask(mail + parameters, "250 2.1.0 ");
        client.ask("RSET", "250 ");
      }
      client.ask("mail from: <a@example.com>", "250 2.1.0 ");
      client.ask("rcpt to: <b@example.net>", "250 2.1.5 ");
    }
  }

  @Test
  void addressesAreCheckedStrictly() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.ask("MAIL FROM:a@example.com", "501 5.1.7 ");
      client.ask("MAIL FROM:<a>", "501 5.1.7 ");
      client.ask("MAIL FROM:<a@b@example.com>", "501 5.1.7 ");
      client.ask("MAIL FROM:<>", "250 2.1.0 ");
      client.ask("RCPT TO:<>", "501 5.1.3 ");
      client.ask("RCPT TO:<b b@example.net>", "501 5.1.3 ");
      client.ask("RCPT TO:<postmaster>", "550 5.1.3 ");
      client.ask("RCPT TO:<a@nowhere.example>", "550 5.1.2 ");
      client.ask("RCPT TO:<a@example.net> NOTIFY=NEVER", "555 5.5.4 ");
      client.ask("RCPT TO:<a@example.net>x", "501 5.5.2 ");
      client.ask("RCPT TO:<" + "a".repeat(65) + "@example.net>", "501 5.1.3 ");
      client.ask("RCPT TO:<@relay.example:a@example.net>", "250 2.1.5 ");
    }
  }

  @Test
  void utf8AddressesNeedSmtpUtf8() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.sendUtf8("MAIL FROM:<j\u00f6rg@example.com>\r\n");
      client.expect("553 5.6.7 ");
      client.ask("MAIL FROM:<a@example.com>", "250 2.1.0 ");
      client.sendUtf8("RCPT TO:<j\u00f6rg@example.net>\r\n");
      client.expect("553 5.6.7 ");
      client.ask("RSET", "250 ");
      client.sendUtf8("MAIL FROM:<j\u00f6rg@example.com> SMTPUTF8\r\n");
      client.expect("250 2.1.0 ");
      client.sendUtf8("RCPT TO:<\u9752@b\u00fccher.example>\r\n");
      client.expect("250 2.1.5 ");
      assertThat(client.data("Subject: x\r\n\r\n.\r\n")).startsWith("250 2.0.0 ");
      MemoryUploads.Stored stored = listener.uploads.stored.getFirst();
      assertThat(stored.envelope().getSender()).isEqualTo("j\u00f6rg@example.com");
      assertThat(stored.envelope().getSmtpUtf8()).isTrue();
      assertThat(stored.envelope().getProtocol()).isEqualTo("UTF8SMTP");
      assertThat(stored.recipients().getFirst().getAddress())
          .isEqualTo("\u9752@b\u00fccher.example");
    }
  }

  @Test
  void smtpUtf8ThatIsDeclaredWithoutNeedIsNotAskedOfOthers() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      for (String subject : new String[] {"plain", "gr\u00fcn"}) {
        client.ask("MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8", "250 2.1.0 ");
        client.ask("RCPT TO:<b@example.net>", "250 2.1.5 ");
        client.ask("DATA", "354 ");
        client.sendUtf8("Subject: " + subject + "\r\n\r\nb\u00f6dy\r\n.\r\n");
        client.expect("250 2.0.0 ");
      }
      assertThat(listener.uploads.stored)
          .extracting(stored -> stored.envelope().getSmtpUtf8())
          .containsExactly(false, true);
    }
  }

  @Test
  void whatIsPipelinedBehindARefusedMailIsNoErrorAndMailForgivesEarlierOnes() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxRecipients = 25)) {
      RawClient client = listener.greeted();
      String rest = "RCPT TO:<b@example.net>\r\n".repeat(25) + "DATA\r\n";
      client.send("MAIL FROM:<a@example.com> SIZE=9999999999\r\n" + rest);
      client.expect("552 5.3.4 ");
      for (int i = 0; i < 26; i++) {
        client.expect("503 5.5.1 ");
      }
      for (int i = 1; i < Conversation.BAD_COMMANDS_MAX; i++) {
        client.ask("BAD", "500 5.5.1 ");
      }
      client.send("MAIL FROM:<a@example.com>\r\n" + rest);
      client.expect("250 2.1.0 ");
      for (int i = 0; i < 25; i++) {
        client.expect("250 2.1.5 ");
      }
      client.expect("354 ");
      client.send("Subject: x\r\n\r\n.\r\n");
      client.expect("250 2.0.0 ");
      for (int i = 1; i < Conversation.BAD_COMMANDS_MAX; i++) {
        client.ask("RCPT TO:<b@example.net>", "503 5.5.1 ");
      }
      client.ask("RCPT TO:<b@example.net>", "421 4.7.0 ");
      client.expectClosed();
    }
  }

  @Test
  void moreRecipientsThanARecordHoldsAreTooMany() throws IOException {
    try (Listener listener = new Listener(settings -> settings.maxRecipients = 100_000)) {
      RawClient client = listener.greeted();
      client.ask("MAIL FROM:<a@example.com>", "250 2.1.0 ");
      String domain = ("d".repeat(60) + ".").repeat(3) + "example";
      int accepted = 0;
      String reply = "";
      do {
        StringBuilder block = new StringBuilder();
        for (int i = 0; i < 500; i++) {
          block.append("RCPT TO:<").append(accepted + i).append('@').append(domain).append(">\r\n");
        }
        client.send(block.toString());
        for (int i = 0; i < 500; i++) {
          reply = client.line();
          accepted += reply.startsWith("250") ? 1 : 0;
        }
      } while (reply.startsWith("250"));
      assertThat(reply).startsWith("452 4.5.3 ");
      assertThat(accepted).isBetween(12_000, 20_000);
      assertThat(client.data("Subject: x\r\n\r\n.\r\n")).startsWith("250 2.0.0 ");
      int bytes =
          listener.uploads.stored.getFirst().recipients().stream()
              .mapToInt(recipient -> recipient.getSerializedSize() + 4)
              .sum();
      assertThat(bytes).isLessThan(7 << 20);
    }
  }

  @Test
  void unexpectedErrorIsAnsweredWithoutItsDetail() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      client.ask("MAIL FROM:<a@example.com>", "250 2.1.0 ");
      assertThat(client.ask("RCPT TO:<a@throws.example>", "451 4.3.0 ")).doesNotContain("secret");
      client.expectInStep();
    }
  }

  @Test
  void pipelinedCommandsAreAnsweredInOrder() throws IOException {
    try (Listener listener = new Listener()) {
      RawClient client = listener.greeted();
      String transaction =
          String.join(
              "\r\n",
              "MAIL FROM:<a@example.com>",
              "RCPT TO:<postmaster>",
              "RCPT TO:<b@example.net>",
              "DATA",
              "");
      client.send(transaction);
      client.expect("250 2.1.0 ");
      client.expect("550 5.1.3 ");
      client.expect("250 2.1.5 ");
      client.expect("354 ");
      client.send("Subject: x\r\n\r\n.\r\n" + transaction);
      client.expect("250 2.0.0 Message queued");
      client.expect("250 2.1.0 ");
      client.expect("550 5.1.3 ");
      client.expect("250 2.1.5 ");
      client.expect("354 ");
      client.send(".\r\nQUIT\r\n");
      client.expect("250 2.0.0 Message queued");
      client.expect("221 2.0.0 ");
      client.expectClosed();
      assertThat(listener.uploads.stored).hasSize(2);
    }
  }
}
