package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ConfigLoader;
import io.mailraft.config.MailraftConfig;
import io.mailraft.node.log.Logs;
import io.mailraft.testkit.Ports;
import io.mailraft.testkit.SmtpSink;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The send API over HTTP, on a node with a sink. Each answer is held against the node's own OpenAPI
 * document.
 */
class SendApiTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f]{18})\"");
  private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"]+)\"");
  private static final Pattern REPEATED = Pattern.compile("^(\\{\\{#list}})?(.*?)%(\\d+)(.*)$");
  private static final String MESSAGES = "/v1/messages";
  private static final String BATCH = "/v1/messages/batch";

  private static final List<String> ARRIVED = new CopyOnWriteArrayList<>();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static SmtpSink sink;
  private static Node node;
  private static String base;
  private static OpenApi openApi;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
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
    CLIENT.close();
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return checked(
        "post", path, CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString()));
  }

  private static HttpResponse<String> checked(
      String method, String path, HttpResponse<String> answer) {
    return openApi.checked(method, path, answer);
  }

  private static String id(HttpResponse<String> answer) {
    Matcher matcher = ID.matcher(answer.body());
    assertThat(matcher.find()).as(answer.body()).isTrue();
    return matcher.group(1);
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("time left for: " + what).isNegative();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private static List<String> arrived(String mark) {
    return ARRIVED.stream().filter(content -> content.contains(mark)).toList();
  }

  private static String message(String subject, String more) {
    return """
        {"from": "Shop <shop@example.com>", "to": "ada@example.net", "subject": "%s",
         "text": "Hello"%s}"""
        .formatted(subject, more);
  }

  @Test
  void a_message_is_accepted_with_its_id_and_delivered() throws Exception {
    HttpResponse<String> answer = post(MESSAGES, message("first of all", ""));
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(answer.body())
        .isEqualTo(
            "{\"id\":\""
                + id(answer)
                + "\",\"from\":\"shop@example.com\","
                + "\"to\":[\"ada@example.net\"]}\n");
    await("the message", () -> arrived("Subject: first of all").size() == 1);
  }

  @Test
  void a_repeat_with_its_key_has_the_same_answer_and_is_sent_once() throws Exception {
    String body = message("only once", "");
    HttpResponse<String> first = post(MESSAGES, body, "Idempotency-Key", "once");
    List<HttpResponse<String>> repeats = new ArrayList<>();
    for (String same :
        List.of(
            body,
            body.replace("\"Hello\"", "  \"\\u0048ello\"  "),
            "{\"text\": \"Hello\", \"subject\": \"only once\", \"to\": \"ada@example.net\","
                + " \"from\": \"Shop <shop@example.com>\"}")) {
      repeats.add(post(MESSAGES, same, "Idempotency-Key", "once"));
    }
    assertThat(repeats)
        .allSatisfy(
            repeat -> {
              assertThat(repeat.statusCode()).isEqualTo(202);
              assertThat(repeat.body()).isEqualTo(first.body());
            });
    HttpResponse<String> other =
        post(MESSAGES, message("another one", ""), "Idempotency-Key", "once");
    assertThat(other.statusCode()).isEqualTo(422);
    assertThat(other.body()).contains("\"code\":\"KeyUsed\"");
    HttpResponse<String> account =
        post(MESSAGES, body, "Idempotency-Key", "once", "X-Authenticated-User", "another");
    assertThat(id(account)).isNotEqualTo(id(first));
    await("both", () -> arrived("Subject: only once").size() == 2);
    post(MESSAGES, message("after them", ""));
    await("one more", () -> arrived("Subject: after them").size() == 1);
    assertThat(arrived("Subject: only once")).hasSize(2);
    assertThat(arrived("Subject: another one")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "a\tb"})
  void a_key_that_is_none_is_refused(String key) throws Exception {
    HttpResponse<String> answer = post(MESSAGES, message("no key", ""), "Idempotency-Key", key);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("Idempotency-Key: 1 to 255 visible ASCII characters");
  }

  @Test
  void a_message_for_later_is_deferred_until_then() throws Exception {
    Instant later = Instant.now().plus(300, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS);
    HttpResponse<String> answer =
        post(MESSAGES, message("much later", ", \"sendAt\": \"" + later + "\""));
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(answer.body()).contains("\"sendAt\":\"" + later + "\"");
    assertThat(get("/queued/deferred/default").body()).contains(id(answer));
    Instant soon = Instant.now().plusMillis(700);
    post(MESSAGES, message("a bit later", ", \"sendAt\": \"" + soon + "\""));
    await("its time", () -> arrived("Subject: a bit later").size() == 1);
    assertThat(Instant.now()).isAfterOrEqualTo(soon);
    post(MESSAGES, message("late already", ", \"sendAt\": \"2001-01-01T00:00:00+01:00\""));
    await("it at once", () -> arrived("Subject: late already").size() == 1);
    assertThat(arrived("Subject: much later")).isEmpty();
  }

  @Test
  void a_named_zone_is_used_and_terms_are_kept() throws Exception {
    String later = Instant.now().plus(1, ChronoUnit.DAYS).toString();
    HttpResponse<String> answer =
        post(
            MESSAGES,
            message(
                "with terms",
                ", \"zone\": \"other\", \"tags\": [\"a\", \"b c\"], \"metadata\":"
                    + " {\"order\": 17, \"of\": [true, null, {\"x\": \"y\"}]}, \"sendAt\": \""
                    + later
                    + "\""));
    assertThat(get("/queued/deferred/other").body()).contains(id(answer));
  }

  @Test
  void what_is_wrong_with_a_field_is_told_with_its_path() throws Exception {
    Map<String, String> wrong =
        Map.of(
            "\"sendAt\": \"tomorrow\"",
            "sendAt",
            "\"sendAt\": \"2999-01-01T00:00:00Z\"",
            "sendAt",
            "\"tags\": [\"a\", \"a\"]",
            "tags[1]",
            "\"tags\": [\"" + "x".repeat(65) + "\"]",
            "tags[0]",
            "\"metadata\": {\"x\": \"" + "y".repeat(4090) + "\"}",
            "metadata",
            "\"metadata\": [1]",
            "metadata",
            "\"zone\": \"nowhere\"",
            "zone",
            "\"headers\": {\"X-A\": \"b\\r\\nBcc: c@example.com\"}",
            "headers.X-A",
            "\"cc\": [\"fine@example.net\", \"not fine\"]",
            "cc[1]",
            "\"colour\": \"red\"",
            "colour");
    for (Map.Entry<String, String> one : wrong.entrySet()) {
      HttpResponse<String> answer =
          post(MESSAGES, message("wrong", ", " + one.getKey()), "Idempotency-Key", "wrong");
      assertThat(answer.statusCode()).as(one.getKey()).isEqualTo(400);
      assertThat(answer.body())
          .contains("\"path\":\"" + one.getValue() + "\"")
          .contains("\"code\":\"InvalidField\"")
          .contains("\"instance\":\"/v1/messages\"");
    }
    // What was refused has not used up its key.
    assertThat(post(MESSAGES, message("right", ""), "Idempotency-Key", "wrong").statusCode())
        .isEqualTo(202);
  }

  @Test
  void whatever_the_server_itself_refuses_is_a_problem_document_too() throws Exception {
    HttpResponse<String> nowhere = get("/v1/nowhere");
    assertThat(nowhere.statusCode()).isEqualTo(404);
    assertThat(nowhere.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(nowhere.body()).contains("\"status\":404").contains("\"instance\":\"/v1/nowhere\"");
    HttpRequest put =
        HttpRequest.newBuilder(URI.create(base + BATCH))
            .PUT(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    HttpResponse<String> notAllowed = CLIENT.send(put, HttpResponse.BodyHandlers.ofString());
    assertThat(notAllowed.statusCode()).isEqualTo(405);
    assertThat(notAllowed.body()).contains("\"code\":\"MethodNotAllowed\"");
    HttpRequest text =
        HttpRequest.newBuilder(URI.create(base + MESSAGES))
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("hello"))
            .build();
    HttpResponse<String> type =
        checked("post", MESSAGES, CLIENT.send(text, HttpResponse.BodyHandlers.ofString()));
    assertThat(type.statusCode()).isEqualTo(415);
    HttpResponse<String> large =
        post(MESSAGES, message("large", ", \"html\": \"" + "x".repeat(1_100_000) + "\""));
    assertThat(large.statusCode()).isEqualTo(413);
    HttpResponse<String> none = post(MESSAGES, "{\"from\": ");
    assertThat(none.statusCode()).isEqualTo(400);
    // The seed's calls keep the seed's form.
    assertThat(get("/nowhere").body()).startsWith("{\"error\":");
  }

  @Test
  void a_batch_has_a_result_for_each_message_in_order() throws Exception {
    HttpResponse<String> answer =
        post(
            BATCH,
            """
            {"messages": [
              {"from": "a@example.com", "to": "one@example.net", "subject": "batch {{not}} 0", "text": "x"},
              {"from": "a@example.com", "to": "nobody", "subject": "batch 1", "text": "x"},
              {"from": "a@example.com", "to": ["two@example.net", "three@example.net"],
               "subject": "batch 2", "text": "x"}]}
            """);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .startsWith("{\"accepted\":2,\"refused\":1,\"results\":[{\"status\":202,\"id\":")
        .containsPattern("one@example.net.*messages\\[1\\]\\.to.*two@example.net")
        .contains("\"path\":\"messages[1].to\"");
    await("two", () -> arrived("Subject: batch").size() == 2);
    assertThat(arrived("Subject: batch {{not}} 0")).hasSize(1);
  }

  @Test
  void templates_are_filled_for_each_recipient() throws Exception {
    HttpResponse<String> answer =
        post(
            BATCH,
            """
            {"messages": [
               {"to": "ada@example.net", "data": {"name": "Ada & Co", "items": [{"n": 1}, {"n": 2}]}},
               {"to": "bob@example.net", "subject": "Own {{name}}", "data": {"name": "Bob"}},
               {"to": "eve@example.net", "data": {"name": "x\\r\\nBcc: all@example.net"}},
               {"to": "max@example.net", "text": "{{> /etc/passwd}}", "data": {}},
               {"to": "zoe@example.net"}],
             "template": {"from": "shop@example.com", "subject": "Merged for {{name}}",
               "text": "Dear {{name}}:{{#items}} {{n}}{{/items}}{{^items}} none{{/items}}{{name.class}}",
               "html": "<p>{{name}} {{{name}}}</p>", "encoding": "7bit"}}
            """);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .startsWith("{\"accepted\":3,\"refused\":2,")
        .contains("\"path\":\"messages[2].subject\"")
        .contains("\"path\":\"messages[3].text\"");
    await("all", () -> arrived("Subject: Merged for").size() + arrived("Subject: Own").size() == 3);
    assertThat(arrived("Subject: Merged for Ada & Co"))
        .singleElement()
        .asString()
        .contains("Dear Ada & Co: 1 2\r\n")
        .contains("<p>Ada &amp; Co Ada & Co</p>");
    assertThat(arrived("Subject: Own Bob"))
        .singleElement()
        .asString()
        .contains("Dear Bob: none\r\n");
    assertThat(arrived("Bcc:")).isEmpty();
  }

  @Test
  void a_template_that_would_not_end_is_refused() throws Exception {
    String list = "[" + "1,".repeat(999) + "1]";
    HttpResponse<String> answer =
        post(
            BATCH,
            "{\"template\": {\"from\": \"a@example.com\", \"to\": \"b@example.net\"}, \"messages\": ["
                + "{\"text\": \"{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}\", \"data\": {\"l\": "
                + list
                + "}},"
                + "{\"text\": \"{{#l}}"
                + "x".repeat(1000)
                + "{{/l}}\", \"data\": {\"l\": "
                + list
                + "}},"
                + "{\"text\": \""
                + "{{#a}}".repeat(300)
                + "\", \"data\": {}},"
                + "{\"text\": \"{{=<% %>=}}\", \"data\": {}},"
                + "{\"text\": \""
                + "{{!}}".repeat(201)
                + "\", \"data\": {}},"
                + "{\"text\": \"{{#a}}\", \"data\": {}}]}");
    assertThat(answer.body())
        .startsWith("{\"accepted\":0,\"refused\":6,")
        .contains("it takes more than")
        .contains("at most 200 comments")
        .contains("it writes more than")
        .contains("at most 200 sections")
        .contains("keeps its delimiters");
  }

  @Test
  void batches_that_never_come_to_their_end_keep_no_other_out() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 60; i++) {
        Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), URI.create(base).getPort());
        silent.add(socket);
        socket
            .getOutputStream()
            .write(
                """
                POST /v1/messages/batch HTTP/1.1
                Host: 127.0.0.1
                Content-Type: application/json
                Transfer-Encoding: chunked

                1
                {
                """
                    .replace("\n", "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
      }
      String item = "{\"from\": \"a@example.com\", \"to\": \"b@example.net\", \"text\": \"x\"}";
      for (int i = 0; i < 20; i++) {
        assertThat(post(BATCH, "{\"messages\": [" + item + "]}").body())
            .startsWith("{\"accepted\":1,");
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A map's set of entries is no value: sections within it would multiply without a list.
        "{{#entrySet}}%20{{/entrySet}}",
        // Much within a loop that writes nothing.
        "{{#list}}{{a}}%20000{{/list}}",
        "{{#list}}{{^-first}}{{/-first}}%190{{/list}}",
        "{{#list}}{{.}}%20000{{/list}}",
        "{{#list}}{{b.this}}%5000{{/list}}",
        "{{#list}}{{b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b}}%900{{/list}}"
      })
  void a_template_without_an_end_but_without_output_is_merged_as_empty_or_refused(String pattern)
      throws Exception {
    Matcher repeated = REPEATED.matcher(pattern);
    assertThat(repeated.matches()).isTrue();
    int times = Integer.parseInt(repeated.group(3));
    String template =
        (repeated.group(1) == null ? "" : repeated.group(1))
            + repeated.group(2).repeat(times)
            + (repeated.group(1) == null ? repeated.group(4).repeat(times) : repeated.group(4));
    String data =
        "{\"b\": {\"c\": 1}, \"k1\":1,\"k2\":1,\"k3\":1,\"k4\":1,\"k5\":1,\"k6\":1,\"k7\":1,\"k8\":1, \"list\": ["
            + "\"\",".repeat(50_000)
            + "\"\"]}";
    HttpResponse<String> answer =
        post(
            BATCH,
            "{\"messages\": [{\"from\": \"a@example.com\", \"to\": \"b@example.net\", \"text\": \""
                + template
                + "\", \"data\": "
                + data
                + "}]}");
    if (pattern.contains("entrySet")) {
      assertThat(answer.body()).startsWith("{\"accepted\":1,\"refused\":0,");
    } else {
      assertThat(answer.body()).contains("\"refused\":1,").contains("it takes more than");
    }
  }

  @Test
  void templates_that_are_objects_are_filled_too() throws Exception {
    HttpResponse<String> answer =
        post(
            BATCH,
            """
            {"template": {"from": "a@example.com", "to": "object@example.net",
                          "html": {"content": "<p>Dear {{name}}</p>", "encoding": "utf-8"}},
             "messages": [{"data": {"name": "Ada & Bob"}},
                          {"html": {"content": "PHA+PC9wPg==", "encoding": "base64"}, "data": {}}]}
            """);
    assertThat(answer.body())
        .startsWith("{\"accepted\":1,\"refused\":1,")
        .contains("\"path\":\"messages[1].html.encoding\"");
    await("it", () -> arrived("<p>Dear Ada &amp; Bob</p>").size() == 1);
  }

  @Test
  void a_repeated_batch_sends_what_the_first_one_did_not() throws Exception {
    String body =
        """
        {"messages": [
          {"from": "a@example.com", "to": "b@example.net", "subject": "again 0", "text": "x"},
          {"from": "a@example.com", "to": "%s", "subject": "again 1", "text": "x"}]}
        """;
    HttpResponse<String> first = post(BATCH, body.formatted("broken"), "Idempotency-Key", "batch");
    HttpResponse<String> second =
        post(BATCH, body.formatted("c@example.net"), "Idempotency-Key", "batch");
    HttpResponse<String> third =
        post(BATCH, body.formatted("c@example.net"), "Idempotency-Key", "batch");
    assertThat(first.body()).startsWith("{\"accepted\":1,\"refused\":1");
    assertThat(id(second)).isEqualTo(id(first));
    assertThat(third.body()).isEqualTo(second.body());
    await("both", () -> arrived("Subject: again").size() == 2);
    HttpResponse<String> other =
        post(BATCH, body.formatted("d@example.net"), "Idempotency-Key", "batch");
    assertThat(other.body()).contains("\"status\":422");
  }

  @Test
  void a_batch_of_a_thousand_is_taken_and_one_more_is_refused() throws Exception {
    String item = "{\"to\": \"many@example.net\"}";
    String begin =
        "{\"template\": {\"from\": \"a@example.com\", \"subject\": \"thousandth\","
            + " \"text\": \"x\"}, \"messages\": [";
    HttpResponse<String> answer = post(BATCH, begin + (item + ",").repeat(999) + item + "]}");
    assertThat(answer.body()).startsWith("{\"accepted\":1000,\"refused\":0,");
    HttpResponse<String> more = post(BATCH, begin + (item + ",").repeat(1000) + item + "]}");
    assertThat(more.statusCode()).isEqualTo(400);
    assertThat(more.body()).contains("more than 1000 messages");
    await("all", () -> arrived("Subject: thousandth").size() == 1000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{\"messages\": {}}",
        "{\"messages\": [1]}",
        "{\"messages\": [], \"more\": 1}",
        "{\"messages\": []} {}",
        "{\"template\": \"x\", \"messages\": []}",
        "{\"messages\": [{}"
      })
  void what_is_no_batch_is_refused(String body) throws Exception {
    assertThat(post(BATCH, body).statusCode()).isEqualTo(400);
  }

  @Test
  void what_is_told_of_a_message_is_as_the_document_says() throws Exception {
    String later = Instant.now().plus(2, ChronoUnit.DAYS).toString();
    String terms = ", \"tags\": [\"told\"], \"metadata\": {\"order\": 17}";
    String waiting =
        id(post(MESSAGES, message("told later", terms + ", \"sendAt\": \"" + later + "\"")));
    String sent = id(post(MESSAGES, message("told now", terms)));
    await("the message", () -> arrived("Subject: told now").size() == 1);
    for (String id : List.of(waiting, sent)) {
      HttpResponse<String> message = told(MESSAGES + "/{id}", id, "");
      assertThat(message.body())
          .contains("\"tags\":[\"told\"],\"metadata\":{\"order\":17}")
          .contains("\"seq\":1,\"recipient\":\"ada@example.net\"");
      assertThat(told(MESSAGES + "/{id}/events", id, "").body()).contains("\"type\":\"accepted\"");
    }
    assertThat(told(MESSAGES + "/{id}", waiting, "").body())
        .contains("\"state\":\"deferred\"")
        .contains("\"sendAt\":\"");
    await("its end", () -> endedAs(sent, "delivered"));
    assertThat(told(MESSAGES + "/{id}/events", sent, "").body()).contains("\"type\":\"delivered\"");
    assertThat(told(MESSAGES, "", "?tag=told").body()).contains(waiting).contains(sent);
    assertThat(told(MESSAGES, "", "?state=none").statusCode()).isEqualTo(400);
    assertThat(told(MESSAGES + "/{id}", "0".repeat(18), "").statusCode()).isEqualTo(404);
  }

  private static boolean endedAs(String id, String state) {
    try {
      return get(MESSAGES + "/" + id).body().contains("\"state\":\"" + state + "\"");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static HttpResponse<String> told(String path, String id, String query) throws Exception {
    return checked("get", path, get(path.replace("{id}", id) + query));
  }

  @Test
  void the_page_and_all_that_it_loads_come_from_the_node() throws Exception {
    HttpResponse<String> page = get("/docs");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-security-policy").orElse(""))
        .contains("default-src 'none'")
        .contains("script-src 'self'")
        .doesNotContain("http");
    Matcher links = LINK.matcher(page.body());
    int loaded = 0;
    while (links.find()) {
      assertThat(links.group(1)).startsWith("/docs/");
      assertThat(get(links.group(1)).statusCode()).as(links.group(1)).isEqualTo(200);
      loaded++;
    }
    assertThat(loaded).isEqualTo(4);
    assertThat(get("/docs/page.js").body()).contains("/v1/openapi.json");
    assertThat(openApi.text()).contains("\"openapi\": \"3.1.0\"");
  }

  @Test
  void the_document_tells_what_every_call_may_be_refused_for() {
    openApi.tellsOfRefusals();
  }
}
