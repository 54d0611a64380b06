package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.api.admin.QuotaRequest;
import io.mailraft.api.admin.QuotaUse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.ops.chaos.SmtpSession.Submitted;
import io.mailraft.testkit.Script;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/** Quotas of three nodes: clients of all of them together have the quota once, and whole. */
class QuotaTest {
  private static final int MESSAGES = 61;
  private static final int RECIPIENTS = 20;
  private static final int CLIENTS = 3;
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final byte[] CONTENT =
      "Subject: quota\r\n\r\nbody\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final String QUOTAS =
      """
      quotas:
        accounts: { shop: { recipients: %d/day }, single: { messages: 1/day } }
        senderDomains: { q.example: { messages: [%d/day, 1000000/hour] } }
      """
          .formatted(RECIPIENTS, MESSAGES);

  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger inDoubt = new AtomicInteger();
  private final AtomicInteger serial = new AtomicInteger();

  private static ClusterRun start(String name) throws Exception {
    return ClusterRun.start(
        name, 3, Script.OBEDIENT, options -> options.withSettings(ClusterRun.QUICK_RETRY + QUOTAS));
  }

  private static LocalDate today() {
    return LocalDate.now(ZoneOffset.UTC);
  }

  /** Hands in mail until a quota has no room; to the next node where one has gone. */
  private void submitUntilRefused(List<NodeProcess> nodes, int first) throws Exception {
    for (int node = first; ; node++) {
      try (SmtpSession session = SmtpSession.open(nodes.get(node % nodes.size()).smtp(), SILENCE)) {
        while (true) {
          Mail mail =
              Mail.withContent(
                  "q" + serial.incrementAndGet(),
                  "a@q.example",
                  List.of("b@other.example"),
                  CONTENT);
          switch (session.submit(mail)) {
            case Submitted.Accepted yes -> accepted.incrementAndGet();
            case Submitted.Refused no when no.reply().code() == 450 -> {
              assertThat(no.reply().text())
                  .startsWith(
                      "4.7.1 The sender domain's quota of "
                          + MESSAGES
                          + " messages per day has no");
              return;
            }
            case Submitted.Refused no -> inDoubt.incrementAndGet();
            case Submitted.Broken broken -> {
              inDoubt.addAndGet(broken.afterDot() ? 1 : 0);
              throw broken.cause();
            }
          }
        }
      } catch (IOException e) {
        TimeUnit.MILLISECONDS.sleep(50); // The node was killed: another one, but in no hurry.
      }
    }
  }

  private void onAllNodes(
      ExecutorService threads, List<NodeProcess> nodes, List<Future<?>> clients) {
    for (int client = 0; client < CLIENTS * nodes.size(); client++) {
      int first = client;
      clients.add(
          threads.submit(
              () -> {
                submitUntilRefused(nodes, first);
                return null;
              }));
    }
  }

  private static HttpResponse<String> post(HttpClient http, NodeProcess node) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + node.http().getPort() + "/send-raw"))
            .timeout(SILENCE)
            .header("Content-Type", "message/rfc822")
            .header("X-Authenticated-User", "Shop")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "From: a@http.example\r\nTo: b@other.example, c@other.example\r\n\r\nbody\r\n"))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<String> postOnce(
      HttpClient http, NodeProcess node, String key, String subject) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + node.http().getPort() + "/v1/messages"))
            .timeout(SILENCE)
            .header("Content-Type", "application/json")
            .header("X-Authenticated-User", "single")
            .header("Idempotency-Key", key)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"from\": \"a@http.example\", \"to\": \"b@other.example\", \"subject\": \""
                        + subject
                        + "\", \"text\": \"body\"}"))
            .build(),
        BodyHandlers.ofString());
  }

  private static List<QuotaUse> uses(NodeProcess node, String name) {
    try (AdminClient client = AdminClient.of("127.0.0.1", node.admin().getPort())) {
      return client.quota(QuotaRequest.newBuilder().setName(name).build(), SILENCE).getUsesList();
    } catch (UnreachableException e) {
      return List.of(); // Too busy just now; it is asked again.
    } catch (RefusedException e) {
      throw new AssertionError("the name is one", e);
    }
  }

  private static String command(NodeProcess node, String... words) {
    StringWriter out = new StringWriter();
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--server", "127.0.0.1:" + node.admin().getPort()));
    int code =
        Main.run(
            new PrintWriter(out, true),
            new PrintWriter(out, true),
            Ansi.OFF,
            all.toArray(String[]::new));
    assertThat(code).as(out.toString()).isZero();
    return out.toString();
  }

  @Test
  void a_quota_is_used_whole_by_clients_of_all_nodes_together_and_not_exceeded() throws Exception {
    LocalDate day = today();
    try (ClusterRun run = start("quota");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        HttpClient http = HttpClient.newHttpClient()) {
      List<NodeProcess> nodes = run.cluster.nodes();
      List<Future<?>> clients = new ArrayList<>();
      onAllNodes(threads, nodes, clients);
      AtomicInteger posted = new AtomicInteger();
      for (NodeProcess node : nodes) {
        clients.add(
            threads.submit(
                () -> {
                  HttpResponse<String> answer = post(http, node);
                  for (; answer.statusCode() == 200; answer = post(http, node)) {
                    posted.incrementAndGet();
                  }
                  assertThat(answer.statusCode()).as(answer.body()).isEqualTo(429);
                  assertThat(answer.body()).contains("OverQuota", "quota of " + RECIPIENTS);
                  assertThat(answer.headers().firstValue("Retry-After"))
                      .hasValueSatisfying(
                          seconds -> assertThat(Integer.parseInt(seconds)).isBetween(1, 86_400));
                  return null;
                }));
      }
      for (Future<?> client : clients) {
        client.get(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS);
      }
      assumeTrue(today().equals(day), "midnight has passed in between");
      assertThat(inDoubt.get()).isZero();
      assertThat(accepted.get()).isEqualTo(MESSAGES);
      assertThat(posted.get()).isEqualTo(RECIPIENTS / 2);
      for (NodeProcess node : nodes) {
        Await.until(
            ClusterRun.BOUND,
            node.id() + " says that all of it is used",
            () ->
                uses(node, "q.example").stream()
                    .anyMatch(use -> use.getUsed() == MESSAGES && use.getLimit() == MESSAGES));
      }
      assertThat(command(nodes.getLast(), "quota", "SHOP"))
          .containsPattern("account +shop +recipients/day +20 +20 +20");
      assertThat(command(nodes.getLast(), "quota")).contains("q.example", "messages/hour");
      assertThat(command(nodes.getLast(), "quota", "nobody")).contains("nobody has no quota");
      assertThat(command(nodes.getLast(), "quota", "--output", "json"))
          .contains("\"period\": \"day\"");
    }
  }

  @Test
  void a_repeat_has_the_first_answer_on_every_node_where_the_quota_is_used_up() throws Exception {
    LocalDate day = today();
    try (ClusterRun run = start("quota-repeats");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        HttpClient http = HttpClient.newHttpClient()) {
      List<NodeProcess> nodes = run.cluster.nodes();
      List<Future<HttpResponse<String>>> repeats = new ArrayList<>();
      for (int i = 0; i < 4 * nodes.size(); i++) {
        NodeProcess node = nodes.get(i % nodes.size());
        repeats.add(threads.submit(() -> postOnce(http, node, "one", "first")));
      }
      Set<String> answers = new HashSet<>();
      for (Future<HttpResponse<String>> repeat : repeats) {
        HttpResponse<String> answer = repeat.get(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS);
        // Between being counted and being handed to the shard's leader, the first is not known.
        assertThat(answer.statusCode()).as(answer.body()).isIn(202, 429);
        if (answer.statusCode() == 202) {
          answers.add(answer.body());
        }
      }
      assertThat(answers).hasSize(1);
      for (NodeProcess node : nodes) {
        HttpResponse<String> other = postOnce(http, node, "two", "second");
        HttpResponse<String> repeat = postOnce(http, node, "one", "first");
        HttpResponse<String> changed = postOnce(http, node, "one", "changed");
        assumeTrue(today().equals(day), "midnight has passed in between");
        assertThat(other.statusCode()).as(other.body()).isEqualTo(429);
        assertThat(repeat.statusCode()).as(repeat.body()).isEqualTo(202);
        assertThat(answers).contains(repeat.body());
        assertThat(changed.statusCode()).as(changed.body()).isEqualTo(422);
      }
      run.cluster.awaitDrained(ClusterRun.BOUND);
      assertThat(run.sink.messages()).isOne();
    }
  }

  @Test
  @Tag("long")
  void a_quota_is_not_exceeded_while_the_control_leader_is_killed() throws Exception {
    LocalDate day = today();
    try (ClusterRun run = start("quota-killed");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      NodeProcess leader = run.cluster.awaitLeader("control", ClusterRun.BOUND);
      onAllNodes(threads, run.cluster.nodes(), clients);
      Await.until(ClusterRun.BOUND, "some are accepted", () -> accepted.get() >= MESSAGES / 4);
      leader.kill();
      for (Future<?> client : clients) {
        client.get(2 * ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS);
      }
      assumeTrue(today().equals(day), "midnight has passed in between");
      System.err.println(accepted + " accepted, " + inDoubt + " in doubt, of " + MESSAGES);
      assertThat(accepted.get()).isBetween(MESSAGES / 2, MESSAGES);
      leader.start();
      run.cluster.awaitReady(leader, ClusterRun.BOUND);
      int before = accepted.get();
      submitUntilRefused(List.of(leader), 0);
      assertThat(accepted.get()).isBetween(before, MESSAGES);
    }
  }
}
