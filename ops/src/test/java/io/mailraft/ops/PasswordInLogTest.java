package io.mailraft.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever says a password, right or wrong, by SMTP or by HTTP: no line of the log repeats it. */
class PasswordInLogTest {
  private static final String RIGHT = "Correct-Horse-7-Battery";
  private static final String WRONG = "Wrong-Horse-8-Battery";

  @TempDir private Path directory;

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private Path users(NodeProcess node) throws Exception {
    Path file = directory.resolve("users");
    Path input = Files.writeString(directory.resolve("input"), RIGHT + "\n");
    Process add =
        node.operate("user", "add", "-f", file.toString(), "sam")
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    assertThat(add.waitFor(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(add.exitValue()).as(Files.readString(directory.resolve("output"))).isZero();
    return file;
  }

  private static int submitByHttp(NodeProcess node, String password) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + node.http().getPort() + "/send"))
                  .header("Authorization", "Basic " + base64("sam:" + password))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"from\":\"s@sender.example\",\"to\":\"r@ok.example\",\"text\":\"x\"}"))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  private static String say(NodeProcess node, String... commands) throws IOException {
    try (SmtpSession session = SmtpSession.open(node.smtp(), ClusterRun.BOUND)) {
      String last = "";
      for (String command : commands) {
        last = session.command(command).text();
      }
      if (last.startsWith("235") || last.startsWith("2.7.0")) {
        SmtpSession.Submitted end =
            session.submit(
                Mail.withContent(
                    "z",
                    "s@sender.example",
                    List.of("r@ok.example"),
                    "a: b\r\n\r\nx\r\n".getBytes(UTF_8)));
        assertThat(end).isInstanceOf(SmtpSession.Submitted.Accepted.class);
      }
      return last;
    }
  }

  @Test
  void no_password_reaches_the_log_even_at_debug() throws Exception {
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(received -> {}));
        LocalCluster cluster =
            LocalCluster.create(
                LocalCluster.Options.of(1, sink.port()).withSettings("log: { level: debug }\n"))) {
      NodeProcess node = cluster.node("n1");
      String config = Files.readString(node.configFile());
      assertThat(config).contains("hostname: n1.example");
      Files.writeString(
          node.configFile(),
          config.replace(
                  "hostname: n1.example", "hostname: n1.example, auth: { allowPlaintext: true }")
              + "access: { usersFile: \""
              + users(node)
              + "\" }\n");
      cluster.startAll(ClusterRun.BOUND);
      String login = base64("sam");
      List<String> replies =
          List.of(
              say(node, "AUTH PLAIN " + base64("\0sam\0" + RIGHT)),
              say(node, "AUTH PLAIN " + base64("\0sam\0" + WRONG)),
              say(node, "AUTH LOGIN " + login, base64(RIGHT)),
              say(node, "AUTH LOGIN", login, base64(WRONG)),
              say(node, "AUTH LOGIN", login, RIGHT),
              say(node, "AUTH PLAIN " + RIGHT));
      assertThat(submitByHttp(node, RIGHT)).isEqualTo(200);
      assertThat(submitByHttp(node, WRONG)).isEqualTo(401);
      node.stop(ClusterRun.BOUND);
      String log = Files.readString(node.errorLog(), UTF_8);
      assertThat(log).as("SMTP said %s", replies).contains(" accepted id=").contains("user=sam");
      for (String password : List.of(RIGHT, WRONG)) {
        assertThat(log)
            .doesNotContain(password)
            .doesNotContain(base64(password))
            .doesNotContain(base64("\0sam\0" + password))
            .doesNotContain(base64("sam:" + password));
      }
    }
  }
}
