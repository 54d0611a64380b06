package io.mailraft.ops;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a running node shows of what it does: its metrics page and its log. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetricsTest {
  private static final Path PAGE = Path.of("..", "docs", "metrics.md");
  private static final Pattern DOCUMENTED = Pattern.compile("\\| `([a-z_0-9]+)` \\| (\\w+) \\|.*");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) (\\w+)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{([a-z_]+=\"[^\"\\\\\\n]*\",?)+})?"
              + " (-?[0-9.]+(E-?[0-9]+)?|NaN|[+-]Inf)");
  private static final Pattern ID = Pattern.compile("[0-9a-f]{18}");
  private static final String BODY = "only-for-its-reader";
  private static final String HARMFUL = "450 4.2.1 busy \u001b[31m\u0007 today";
  private static final int EACH = 5;

  private final ClusterRun run;
  private final NodeProcess node;
  private final HttpClient http = HttpClient.newHttpClient();
  private String acceptedId = "";
  private Map<String, Double> counted = Map.of();

  MetricsTest() throws Exception {
    Script script =
        moment -> {
          if (moment.stage() != Stage.RCPT) {
            return Action.PROCEED;
          }
          if (moment.argument().endsWith("@busy.example")) {
            return Action.reply(HARMFUL);
          }
          return moment.argument().endsWith("@gone.example")
              ? Action.reply("550 5.1.1 nobody of that name")
              : Action.PROCEED;
        };
    run =
        ClusterRun.start(
            "metrics",
            1,
            script,
            options -> options.withSettings("delivery: { retry: [1h] }\nlog: { format: json }\n"));
    node = run.cluster.node("n1");
  }

  @BeforeAll
  void sendSome() throws Exception {
    try (SmtpSession session = SmtpSession.open(node.smtp(), ClusterRun.BOUND)) {
      for (int i = 0; i < EACH; i++) {
        acceptedId = submit(session, "r@ok" + i + ".example", "r@busy.example", "r@gone.example");
      }
      assertThat(
              session.submit(
                  Mail.withContent(
                      "z",
                      "s@sender.example",
                      List.of("r@ok.example"),
                      "a\0b\r\n".getBytes(UTF_8))))
          .isNotInstanceOf(SmtpSession.Submitted.Accepted.class);
    }
    assertThat(
            http.send(
                    HttpRequest.newBuilder(uri("/send"))
                        .header("Content-Type", "application/json")
                        .POST(
                            HttpRequest.BodyPublishers.ofString(
                                "{\"from\":\"s@sender.example\",\"to\":\"r@ok.example\",\"text\":\""
                                    + BODY
                                    + "\"}"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
    Await.until(
        ClusterRun.BOUND,
        "all attempts have ended and are applied",
        () -> {
          // One page: between two, another entry may be on its way.
          counted = series();
          return counts("mailraft_delivery_outcomes_total{outcome=\"delivered\",zone=\"default\"}")
                  == EACH + 1
              && counts("mailraft_queue_deliveries{state=\"deferred\",zone=\"default\"}") == EACH
              && counts("mailraft_queue_deliveries{state=\"claimed\",zone=\"default\"}") == 0
              && counts("mailraft_raft_apply_lag_entries{group=\"shard-0\"}") == 0;
        });
  }

  @AfterAll
  void stop() throws IOException {
    http.shutdownNow();
    run.close();
  }

  private static String submit(SmtpSession session, String... to) {
    byte[] content =
        ("From: <s@sender.example>\r\nSubject: x\r\n\r\n" + BODY + "\r\n").getBytes(US_ASCII);
    if (session.submit(Mail.withContent("z", "s@sender.example", List.of(to), content))
        instanceof SmtpSession.Submitted.Accepted(SmtpSession.Reply reply)) {
      Matcher id = ID.matcher(reply.text());
      assertThat(id.find()).isTrue();
      return id.group();
    }
    throw new AssertionError("not accepted");
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + node.http().getPort() + path);
  }

  private String page() throws InterruptedException {
    try {
      HttpResponse<String> page =
          http.send(
              HttpRequest.newBuilder(uri("/metrics")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      return page.body();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Series by name with labels. */
  private Map<String, Double> series() throws InterruptedException {
    Map<String, Double> series = new TreeMap<>();
    page()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int space = line.lastIndexOf(' ');
              series.put(
                  line.substring(0, space),
                  Double.valueOf(line.substring(space + 1).replace("Inf", "Infinity")));
            });
    return series;
  }

  private double counts(String name) {
    return counted.getOrDefault(name, -1.0);
  }

  private double value(String name) throws InterruptedException {
    return series().getOrDefault(name, -1.0);
  }

  @Test
  void counters_moved_by_exactly_what_happened() {
    Map<String, Double> series = counted;
    assertThat(series)
        .containsEntry("mailraft_accepted_messages_total{listener=\"feeder\"}", (double) EACH)
        .containsEntry("mailraft_accepted_messages_total{listener=\"api\"}", 1.0)
        .containsEntry("mailraft_accepted_deliveries_total{zone=\"default\"}", EACH * 3 + 1.0)
        .containsEntry("mailraft_accept_seconds_count{listener=\"feeder\"}", (double) EACH)
        .containsEntry(
            "mailraft_delivery_outcomes_total{outcome=\"delivered\",zone=\"default\"}", EACH + 1.0)
        .containsEntry(
            "mailraft_delivery_outcomes_total{outcome=\"deferred\",zone=\"default\"}",
            (double) EACH)
        .containsEntry(
            "mailraft_delivery_outcomes_total{outcome=\"bounced\",zone=\"default\"}", (double) EACH)
        .containsEntry("mailraft_delivery_attempt_seconds_count{zone=\"default\"}", EACH * 3 + 1.0)
        .containsEntry("mailraft_queue_deliveries{state=\"queued\",zone=\"default\"}", 0.0)
        .containsEntry("mailraft_raft_leading{group=\"shard-0\"}", 1.0)
        .containsEntry("mailraft_raft_leader_changes_total{group=\"shard-0\"}", 1.0)
        .containsEntry("mailraft_raft_apply_lag_entries{group=\"shard-0\"}", 0.0)
        .containsEntry("mailraft_queue_ready", 1.0)
        .containsEntry("mailraft_log_dropped_total", 0.0);
    assertThat(series.get("mailraft_queue_oldest_age_seconds{zone=\"default\"}"))
        .as("five deliveries are deferred")
        .isBetween(0.0, 600.0)
        .isPositive();
    double entries =
        series.getOrDefault("mailraft_raft_applied_entries_total{group=\"shard-0\"}", Double.NaN);
    assertThat(entries).isGreaterThanOrEqualTo(EACH + 1);
    assertThat(series.get("mailraft_raft_commit_seconds_count{group=\"shard-0\"}"))
        .isGreaterThanOrEqualTo(EACH + 1);
    assertThat(series.get("mailraft_raft_log_fsyncs_total{group=\"shard-0\"}"))
        .as("nothing is committed without one")
        .isPositive();
    assertThat(
            List.of(
                "mailraft_raft_log_bytes{group=\"shard-0\"}",
                "mailraft_raft_log_entries{group=\"shard-0\"}",
                "mailraft_raft_applied_bytes_total{group=\"shard-0\"}",
                "mailraft_memory_heap_used_bytes",
                "mailraft_memory_direct_bytes",
                "mailraft_memory_resident_bytes",
                "mailraft_memory_rocksdb_cache_bytes",
                "mailraft_memory_rocksdb_memtables_bytes"))
        .allSatisfy(name -> assertThat(series.get(name)).as(name).isPositive());
  }

  @Test
  void many_domains_make_no_further_series() throws Exception {
    Set<String> before = series().keySet();
    try (SmtpSession session = SmtpSession.open(node.smtp(), ClusterRun.BOUND)) {
      for (int i = 0; i < 50; i++) {
        submit(session, "r@busy.example", "r" + i + "@many" + i + ".busy.example");
      }
    }
    Await.until(
        ClusterRun.BOUND,
        "the queue has the messages",
        () -> value("mailraft_accepted_messages_total{listener=\"feeder\"}") >= EACH + 50);
    assertThat(series().keySet()).isEqualTo(before);
    assertThat(before).noneMatch(name -> name.contains(".example") || name.contains(acceptedId));
  }

  @Test
  void the_page_of_metrics_names_what_a_node_serves_and_nothing_else() throws Exception {
    Map<String, String> documented = new TreeMap<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = DOCUMENTED.matcher(line);
      if (row.matches()) {
        assertThat(documented.put(row.group(1), row.group(2))).as(row.group(1)).isNull();
      }
    }
    Map<String, String> served = new TreeMap<>();
    page()
        .lines()
        .map(TYPE::matcher)
        .filter(Matcher::matches)
        .forEach(type -> served.put(type.group(1), type.group(2)));
    Set<String> largest =
        served.entrySet().stream()
            .filter(type -> Set.of("histogram", "summary").contains(type.getValue()))
            .map(type -> type.getKey() + "_max")
            .collect(Collectors.toCollection(TreeSet::new));
    served.keySet().removeAll(largest);
    assertThat(served).isEqualTo(documented);
  }

  @Test
  void the_metrics_are_well_formed() throws Exception {
    assertThat(page().lines())
        .allSatisfy(
            line ->
                assertThat(line)
                    .satisfiesAnyOf(
                        text -> assertThat(text).matches("# (TYPE|HELP) \\w+ .*"),
                        text -> assertThat(text).matches(SAMPLE)));
  }

  @Test
  void promtool_finds_nothing_wrong() throws Exception {
    boolean there =
        new ProcessBuilder("/bin/sh", "-c", "command -v promtool").start().waitFor() == 0;
    assumeTrue(there, "promtool is not installed (Debian's package prometheus)");
    Path file = Files.writeString(run.cluster.directory().resolve("page"), page());
    Path output = run.cluster.directory().resolve("promtool");
    Process process =
        new ProcessBuilder("promtool", "check", "metrics")
            .redirectInput(file.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(output)).doesNotContain("error while linting", "mailraft_");
  }

  @Test
  void each_event_of_a_message_is_a_json_line_with_its_id_and_no_content() throws Exception {
    Await.until(
        ClusterRun.BOUND,
        "the log has everything of the message",
        () -> lines().filter(line -> line.contains(acceptedId)).count() >= 4);
    List<JsonObject> events =
        lines()
            .filter(line -> line.startsWith("{"))
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .filter(line -> line.has("id") && line.get("id").getAsString().equals(acceptedId))
            .filter(line -> !line.get("message").getAsString().equals("cancelled"))
            .toList();
    assertThat(events)
        .extracting(event -> event.get("message").getAsString())
        .containsExactlyInAnyOrder("accepted", "delivered", "deferred", "bounced");
    JsonObject accepted = of(events, "accepted");
    assertThat(accepted.get("node").getAsString()).isEqualTo("n1");
    assertThat(accepted.get("listener").getAsString()).isEqualTo("feeder");
    assertThat(accepted.get("from").getAsString()).isEqualTo("s@sender.example");
    assertThat(accepted.get("recipients").getAsInt()).isEqualTo(3);
    assertThat(accepted.get("zone").getAsString()).isEqualTo("default");
    assertThat(accepted.get("bytes").getAsLong()).isPositive();
    JsonObject deferred = of(events, "deferred");
    assertThat(deferred.get("domain").getAsString()).isEqualTo("busy.example");
    assertThat(deferred.get("seq").getAsInt()).isEqualTo(2);
    assertThat(deferred.get("host").getAsString()).isNotEmpty();
    assertThat(deferred.get("source").getAsString()).isNotEmpty();
    assertThat(deferred.get("seconds").getAsDouble()).isNotNegative();
    assertThat(deferred.get("again").getAsDouble()).isEqualTo(3600);
    assertThat(deferred.get("reply").getAsString()).startsWith("450 4.2.1 busy");
    assertThat(lines()).noneMatch(line -> line.contains(BODY) || line.contains("\u001b"));
  }

  private static JsonObject of(List<JsonObject> events, String message) {
    return events.stream()
        .filter(event -> event.get("message").getAsString().equals(message))
        .findFirst()
        .orElseThrow();
  }

  private java.util.stream.Stream<String> lines() {
    try {
      return Files.readAllLines(node.errorLog(), UTF_8).stream();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void an_order_leaves_a_line_with_who_gave_it() throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(uri("/message/" + acceptedId + "/2")).DELETE().build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    Await.until(
        ClusterRun.BOUND,
        "the log has the order",
        () ->
            lines()
                .anyMatch(
                    line ->
                        line.contains("\"message\":\"cancelled\"")
                            && line.contains(acceptedId)
                            && line.contains("\"by\":\"cancelled by ")));
  }
}
