package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients written by others, each skipped where it is not installed. */
class ClientsTest {
  private static final int MESSAGES = 200;

  @TempDir private Path directory;

  @Test
  void swaksHandsInAMessage() throws Exception {
    try (Listener listener = new Listener()) {
      String said =
          run(
              "swaks",
              "--server",
              address(listener),
              "--from",
              "a@example.com",
              "--to",
              "b@example.net,c@example.net",
              "--header",
              "Bcc: secret@example.net",
              "--body",
              "first\n.second\n");
      assertThat(said).contains("250 2.0.0 Message queued as ");
      MemoryUploads.Stored stored = listener.uploads.stored.getFirst();
      assertThat(stored.recipients()).hasSize(2);
      assertThat(stored.text()).contains("first\r\n.second\r\n").doesNotContain("secret");
    }
  }

  @Test
  void curlHandsInAMessage() throws Exception {
    Path mail = directory.resolve("mail");
    Files.writeString(mail, "From: a@example.com\r\nSubject: x\r\n\r\n..body\r\n");
    try (Listener listener = new Listener()) {
      run(
          "curl",
          "-sS",
          "--noproxy",
          "*",
          "smtp://" + address(listener),
          "--mail-from",
          "a@example.com",
          "--mail-rcpt",
          "b@example.net",
          "-T",
          mail.toString());
      assertThat(listener.uploads.stored.getFirst().text()).endsWith("\r\n\r\n..body\r\n");
    }
  }

  @Test
  void pythonHandsInMessagesOverOneSession() throws Exception {
    Path script = directory.resolve("send.py");
    Files.writeString(
        script,
        """
        import smtplib, sys
        from email.message import EmailMessage
        with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as s:
            for i in range(3):
                m = EmailMessage()
                m['From'] = 'a@example.com'
                m['To'] = 'b@example.net'
                m['Subject'] = 'number %d' % i
                m.set_content('hello\\n.dot\\n' + chr(228))
                s.send_message(m)
            s.ehlo_or_helo_if_needed()
            m = EmailMessage()
            m['From'] = chr(228) + '@example.com'
            m['To'] = 'b@example.net'
            m.set_content('hello')
            s.send_message(m)
        """);
    try (Listener listener = new Listener()) {
      run("python3", script.toString(), Integer.toString(listener.door.address().getPort()));
      assertThat(listener.uploads.stored).hasSize(4);
      assertThat(listener.uploads.stored.getLast().envelope().getSmtpUtf8()).isTrue();
    }
  }

  @Test
  void smtpSourceHandsInMessagesOverManySessions() throws Exception {
    try (Listener listener = new Listener()) {
      run(
          "smtp-source",
          "-s",
          "10",
          "-m",
          Integer.toString(MESSAGES),
          "-l",
          "20000",
          "-f",
          "a@example.com",
          "-t",
          "b@example.net",
          "inet:" + address(listener));
      assertThat(listener.uploads.stored).hasSize(MESSAGES);
      Listener.await(() -> listener.events.openSessions.get() == 0);
    }
  }

  private static String address(Listener listener) {
    return "127.0.0.1:" + listener.door.address().getPort();
  }

  /** Runs a client to its end and gives what it printed. */
  private String run(String... command) throws IOException, InterruptedException {
    assumeTrue(isInstalled(command[0]), command[0] + " is not installed");
    Path printed = directory.resolve("printed");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(printed, StandardCharsets.ISO_8859_1);
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  private static boolean isInstalled(String program) {
    String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (new File(folder, program).canExecute()) {
        return true;
      }
    }
    return false;
  }
}
