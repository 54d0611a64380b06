package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ConfigLoader;
import io.mailraft.config.MailraftConfig;
import io.mailraft.node.log.Logs;
import io.mailraft.testkit.Ports;
import io.mailraft.testkit.SmtpSink;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node with a sink, for tests of the send API. Each answer is held against the node's own OpenAPI
 * document.
 */
abstract class SendApiCase {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f]{18})\"");
  static final String MESSAGES = "/v1/messages";
  static final String BATCH = "/v1/messages/batch";

  private static final List<String> ARRIVED = new CopyOnWriteArrayList<>();
  static HttpClient client;
  private static SmtpSink sink;
  private static Node node;
  static String base;
  static OpenApi openApi;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    sink =
        SmtpSink.start(
            SmtpSink.Options.of(
                received -> ARRIVED.add(new String(received.content(), StandardCharsets.UTF_8))));
    List<Integer> ports = Ports.free(4);
    Path file = directory.resolve("mailraft.yaml");
    Files.writeString(
        file,
        """
        node: { dataDir: "%s" }
        cluster: { peers: { n1: "127.0.0.1:%d" } }
        smtp: { listen: "127.0.0.1:%d", maxMessageBytes: 1048576 }
        http: { listen: "127.0.0.1:%d" }
        admin: { listen: "127.0.0.1:%d" }
        zones:
          default: { host: 127.0.0.1, port: %d }
          other: { host: 127.0.0.1, port: %d }
        """
            .formatted(
                directory.resolve("data"),
                ports.get(0),
                ports.get(1),
                ports.get(2),
                ports.get(3),
                sink.port(),
                sink.port()));
    MailraftConfig config = ConfigLoader.load(file);
    node = new Node(config, InstantSource.system(), Logs.apply(config.log()), trouble -> {});
    node.start();
    base = "http://127.0.0.1:" + ports.get(2);
    openApi = new OpenApi(get("/v1/openapi.json").body());
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
    sink.close();
    client.close();
  }

  static HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  static HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return checked(
        "post", path, client.send(request.build(), HttpResponse.BodyHandlers.ofString()));
  }

  static HttpResponse<String> checked(String method, String path, HttpResponse<String> answer) {
    return openApi.checked(method, path, answer);
  }

  static String id(HttpResponse<String> answer) {
    Matcher matcher = ID.matcher(answer.body());
    assertThat(matcher.find()).as(answer.body()).isTrue();
    return matcher.group(1);
  }

  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("time left for: " + what).isNegative();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  static List<String> arrived(String mark) {
    return ARRIVED.stream().filter(content -> content.contains(mark)).toList();
  }

  static String message(String subject, String more) {
    return """
        {"from": "Shop <shop@example.com>", "to": "ada@example.net", "subject": "%s",
         "text": "Hello"%s}"""
        .formatted(subject, more);
  }
}
