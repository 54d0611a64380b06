package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.PeerCertificate;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A node that asks who its clients are, and an application that is asked about each message. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccessTest {
  private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f]{18})\"");
  private static final String ANSWER_LATER =
      """
      {"deferDelivery": 3600000, "rewriteFrom": "bounces@sender.example",
       "dkim": {"keys": {"domainName": "sender.example", "keySelector": "s1",
                         "privateKey": "-----BEGIN PRIVATE KEY-----"}}}
      """;

  private final Queue<SmtpSink.Received> received = new ConcurrentLinkedQueue<>();
  private final Queue<String> asked = new ConcurrentLinkedQueue<>();
  private Path directory;
  private SmtpSink sink;
  private HttpServer application;
  private LocalCluster cluster;
  private NodeProcess node;
  private PeerCertificate certificate;

  @BeforeAll
  void start(@TempDir Path made) throws Exception {
    directory = made;
    assumeTrue(run("curl", "--version").status() == 0, "curl does not work here");
    sink = SmtpSink.start(SmtpSink.Options.of(received::add));
    application =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    application.createContext("/config", this::answer);
    application.start();
    certificate = PeerCertificate.make(directory.resolve("tls"), List.of("127.0.0.1"));
    Path users = directory.resolve("users");
    cluster =
        LocalCluster.create(
            LocalCluster.Options.of(1, sink.port())
                .withSettings(
                    "access: { usersFile: \"%s\", config: { url: \"http://127.0.0.1:%d/config\" } }\n"
                        .formatted(users, application.getAddress().getPort())));
    node = cluster.node("n1");
    String closed =
        ": { auth: { required: true, allowPlaintext: false }, tls: { certificate: \"%s\", key: \"%s\" }, "
            .formatted(certificate.certificate(), certificate.key());
    Files.writeString(
        node.configFile(),
        Files.readString(node.configFile())
            .replace("smtp: { ", "smtp" + closed)
            .replace("http: { ", "http" + closed));
    Process added =
        node.operate("user", "add", "-c", node.configFile().toString(), "alice")
            .redirectErrorStream(true)
            .start();
    added.getOutputStream().write("s3cret\n".getBytes(StandardCharsets.UTF_8));
    added.getOutputStream().close();
    String said = new String(added.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(added.waitFor()).as(said).isZero();
    // Not as others: whoever waits for a cluster asks for /readyz in the clear.
    node.start();
    node.awaitReadyLine(ClusterRun.BOUND);
  }

  @AfterAll
  void stop() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
    if (application != null) {
      application.stop(0);
    }
    if (sink != null) {
      sink.close();
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    asked.add(form);
    String text =
        form.startsWith("from=refused")
            ? "{\"error\": \"Not you\", \"code\": 554}"
            : form.startsWith("from=later") ? ANSWER_LATER : "{}";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private record Ran(int status, String output) {}

  private Ran run(String... command) throws Exception {
    Path printed = directory.resolve("printed");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    if (!process.waitFor(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(command[0] + " did not end");
    }
    return new Ran(process.exitValue(), Files.readString(printed));
  }

  private Ran curl(String path, String... more) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "--noproxy", "*", "--cacert"));
    command.add(certificate.authority().toString());
    command.addAll(List.of(more));
    command.add("https://127.0.0.1:" + node.http().getPort() + path);
    return run(command.toArray(String[]::new));
  }

  private Ran send(String from, String... more) throws Exception {
    List<String> words =
        new ArrayList<>(List.of("-u", "alice:s3cret", "-H", "Content-Type: application/json"));
    words.addAll(List.of(more));
    words.addAll(
        List.of(
            "-d",
            "{\"from\":\""
                + from
                + "\",\"to\":\"b@dest.example\",\"subject\":\"x\",\"text\":\"y\"}"));
    return curl("/send", words.toArray(String[]::new));
  }

  private SmtpSink.Received arrived(String from) throws Exception {
    Await.until(
        ClusterRun.BOUND,
        "the mail of " + from + " arrives",
        () -> received.stream().anyMatch(mail -> mail.mailFrom().equals(from)));
    return received.stream().filter(mail -> mail.mailFrom().equals(from)).findFirst().orElseThrow();
  }

  private static String text(SmtpSink.Received mail) {
    return new String(mail.content(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void mail_by_smtp_tells_its_receiver_who_handed_it_in_and_how() throws Exception {
    assumeTrue(
        run("perl", "-e", "use Net::SSLeay;").status() == 0
            && run("swaks", "--version").status() == 0,
        "swaks does not work here");
    Ran ran =
        run(
            "swaks",
            "--server",
            "127.0.0.1:" + node.smtp().getPort(),
            "--from",
            "smtp@sender.example",
            "--to",
            "b@dest.example",
            "--tls",
            "--auth",
            "PLAIN",
            "--auth-user",
            "alice",
            "--auth-password",
            "s3cret");
    assertThat(ran.status()).as(ran.output()).isZero();
    assertThat(text(arrived("smtp@sender.example")))
        .contains("(Authenticated sender: alice)")
        .contains("(version=TLSv1.3 cipher=TLS_")
        .contains(" with ESMTPSA id ");
    assertThat(asked).anyMatch(form -> form.contains("transtype=ESMTPSA&user=alice"));
  }

  @Test
  void mail_by_http_is_its_accounts_whatever_it_says() throws Exception {
    Ran ran =
        send(
            "http@sender.example",
            "-H",
            "X-Authenticated-User: boss",
            "-H",
            "X-Originating-IP: 192.0.2.7");
    assertThat(ran.output()).contains("\"response\":\"Message queued as ");
    assertThat(text(arrived("http@sender.example"))).contains("(Authenticated sender: alice)");
    assertThat(asked)
        .contains(
            "from=http%40sender.example&origin=127.0.0.1&originhost=%5B127.0.0.1%5D"
                + "&transhost=%5B127.0.0.1%5D&transtype=HTTP&user=alice");
  }

  @Test
  void nobody_gets_a_word_in_without_an_account() throws Exception {
    for (String path :
        List.of(
            "/send",
            "/zones",
            "/counter/zone/default",
            "/v1/messages",
            "/docs",
            "/fetch/x",
            "/metrics")) {
      assertThat(curl(path, "-o", "/dev/null", "-w", "%{http_code}").output())
          .as(path)
          .isEqualTo("401");
    }
    assertThat(curl("/healthz").output()).isEqualTo("alive\n");
    assertThat(curl("/readyz").output()).isEqualTo("ready\n");
    assertThat(curl("/zones", "-H", "Authorization: Bearer alice.s3cret").status()).isZero();
  }

  @Test
  void the_application_is_not_asked_about_the_repeat_of_a_whole_message() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Ran ran =
          curl(
              "/v1/messages",
              "-u",
              "alice:s3cret",
              "-H",
              "Content-Type: application/json",
              "-H",
              "Idempotency-Key: whole",
              "-d",
              "{\"raw\": \"From: raw@sender.example\\nTo: b@dest.example\\n\\nHello\\n\"}");
      Matcher id = ID.matcher(ran.output());
      assertThat(id.find()).as(ran.output()).isTrue();
      ids.add(id.group(1));
    }
    assertThat(ids.getFirst()).isEqualTo(ids.getLast());
    assertThat(asked.stream().filter(form -> form.startsWith("from=raw%40"))).hasSize(1);
  }

  @Test
  void the_application_refuses_defers_and_gives_keys_that_nobody_gets_to_see() throws Exception {
    Ran refused = send("refused@sender.example", "-w", "%{http_code}");
    assertThat(refused.output()).contains("\"error\":\"Not you\"").endsWith("403");
    Ran later = send("later@sender.example");
    Matcher id = ID.matcher(later.output());
    assertThat(id.find()).as(later.output()).isTrue();
    String message = curl("/message/" + id.group(1), "-u", "alice:s3cret").output();
    assertThat(message)
        .contains("\"from\":\"bounces@sender.example\"")
        .contains("\"keys\":[{\"domainName\":\"sender.example\",\"keySelector\":\"s1\"}]")
        .contains("\"status\":\"DEFERRED\"")
        .doesNotContain("BEGIN PRIVATE KEY");
    assertThat(Files.readString(node.errorLog())).doesNotContain("BEGIN PRIVATE KEY");
  }
}
