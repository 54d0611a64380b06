package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Clients that others wrote hand in a message each. One that is not installed is skipped. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForeignClientsTest {
  private final Queue<SmtpSink.Received> received = new ConcurrentLinkedQueue<>();
  private static final String BODY = "Dear reader,\n.\n..\nthat was a dot.\n";

  private final SmtpSink sink;
  private final LocalCluster cluster;
  private final NodeProcess node;
  private final Path directory;

  ForeignClientsTest(@TempDir Path directory) throws Exception {
    this.directory = directory;
    sink = SmtpSink.start(SmtpSink.Options.of(received::add));
    cluster = LocalCluster.create(LocalCluster.Options.of(1, sink.port()));
    node = cluster.node("n1");
    cluster.startAll(ClusterRun.BOUND);
  }

  @AfterAll
  void stop() throws IOException {
    cluster.close();
    sink.close();
  }

  private String address() {
    return "127.0.0.1:" + node.smtp().getPort();
  }

  private int run(Path input, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    if (!process.waitFor(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(command[0] + " did not end");
    }
    return process.exitValue();
  }

  private void assumeInstalled(String... probe) throws Exception {
    boolean installed;
    try {
      installed = run(Path.of("/dev/null"), probe) == 0;
    } catch (IOException e) {
      installed = false;
    }
    assumeTrue(installed, String.join(" ", probe) + " does not work here");
  }

  private void handIn(String client, Path input, String... command) throws Exception {
    assertThat(run(input, command)).as(() -> client + ": " + output()).isZero();
    Await.until(
        ClusterRun.BOUND,
        "the mail of " + client + " arrives",
        () -> received.stream().anyMatch(mail -> from(mail, client)));
    SmtpSink.Received mail =
        received.stream().filter(candidate -> from(candidate, client)).findFirst().orElseThrow();
    assertThat(mail.recipients()).containsExactly("reader@dest.example");
    assertThat(new String(mail.content(), StandardCharsets.UTF_8).replace("\r\n", "\n"))
        .as("the lines with dots, unharmed")
        .contains("\n\n" + BODY.stripTrailing());
  }

  private static boolean from(SmtpSink.Received mail, String client) {
    return mail.mailFrom().equals(client + "@sender.example");
  }

  private String output() {
    try {
      return Files.readString(directory.resolve("output"));
    } catch (IOException e) {
      return "no output: " + e.getMessage();
    }
  }

  private Path message(String client) throws IOException {
    String text =
        "From: <"
            + client
            + "@sender.example>\nTo: <reader@dest.example>\nSubject: hello\n\n"
            + BODY;
    return Files.writeString(directory.resolve(client + ".eml"), text.replace("\n", "\r\n"));
  }

  @Test
  void swaks_hands_in_a_message() throws Exception {
    assumeInstalled("swaks", "--version");
    handIn(
        "swaks",
        Path.of("/dev/null"),
        "swaks",
        "--server",
        address(),
        "--from",
        "swaks@sender.example",
        "--to",
        "reader@dest.example",
        "--body",
        BODY);
  }

  @Test
  void curl_hands_in_a_message() throws Exception {
    assumeInstalled("curl", "--version");
    handIn(
        "curl",
        Path.of("/dev/null"),
        "curl",
        "--silent",
        "--show-error",
        "--mail-from",
        "curl@sender.example",
        "--mail-rcpt",
        "reader@dest.example",
        "--upload-file",
        message("curl").toString(),
        "smtp://" + address() + "/client.example");
  }

  @Test
  void the_smtplib_of_python_hands_in_a_message() throws Exception {
    assumeInstalled("python3", "-c", "import smtplib");
    List<String> lines =
        Arrays.asList(
            "import smtplib, sys",
            "with smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=60) as s:",
            "    s.sendmail('python@sender.example', ['reader@dest.example'],",
            "               open(sys.argv[2], 'rb').read())");
    handIn(
        "python",
        Path.of("/dev/null"),
        "python3",
        "-c",
        String.join("\n", lines),
        String.valueOf(node.smtp().getPort()),
        message("python").toString());
  }

  @Test
  void nodemailer_hands_in_a_message() throws Exception {
    assumeInstalled("node", "-e", "require('nodemailer')");
    String program =
        "require('nodemailer').createTransport({host: '127.0.0.1', port: "
            + node.smtp().getPort()
            + ", ignoreTLS: true}).sendMail({envelope: {from: 'nodemailer@sender.example',"
            + " to: 'reader@dest.example'}, raw: require('fs').readFileSync(0)})"
            + ".then(i => console.log(i.response), e => { console.log(e); process.exit(1); })";
    handIn("nodemailer", message("nodemailer"), "node", "-e", program);
  }
}
