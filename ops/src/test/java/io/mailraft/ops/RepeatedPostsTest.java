package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The leader is killed during many posts with idempotency keys. Each post is repeated on another
 * node, whatever came of it: every message arrives once, and all answers to it are equal.
 *
 * <p>The sink refuses everybody until the posts are over: what a node that dies has in hand may be
 * sent twice (I6), and that is not what is asked here.
 */
class RepeatedPostsTest {
  private static final int CLIENTS = 16;
  private static final Duration CALL_TIME_MAX = Duration.ofSeconds(30);

  private final AtomicBoolean away = new AtomicBoolean(true);
  private final Map<String, Integer> arrived = new ConcurrentHashMap<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();

  @Test
  void i2_hundreds_of_posts_across_a_leaders_death_are_delivered_once_each() throws Exception {
    posts(300);
  }

  @Test
  @Tag("long")
  void i2_two_thousand_posts_across_a_leaders_death_are_delivered_once_each() throws Exception {
    posts(2_000);
  }

  private Action sink(Stage stage, String argument) {
    if (stage != Stage.RCPT) {
      return Action.PROCEED;
    }
    if (away.get()) {
      return Action.reply("451 4.3.2 Not now");
    }
    arrived.merge(argument, 1, Integer::sum);
    return Action.PROCEED;
  }

  private void posts(int count) throws Exception {
    try (ClusterRun run =
            ClusterRun.start(
                "repeated-posts",
                3,
                moment -> sink(moment.stage(), moment.argument()),
                options -> options);
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> posting = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int first = client;
        posting.add(
            clients.submit(
                () -> {
                  int posts = 0;
                  for (int n = first; n < count; n += CLIENTS) {
                    post(http, run.cluster.nodes(), n);
                    posts++;
                  }
                  return posts;
                }));
      }
      Await.until(ClusterRun.BOUND, "a third of the posts", () -> answered.get() > count / 3);
      NodeProcess leader = run.leader();
      leader.kill();
      int posted = 0;
      for (Future<Integer> posts : posting) {
        posted += posts.get(180, TimeUnit.SECONDS);
      }
      assertThat(posted).isEqualTo(count);
      assertThat(lost.get()).as("posts that the dead node did not answer").isPositive();
      assertThat(run.sink.messages()).isZero();
      away.set(false);
      run.cluster.startAll(ClusterRun.BOUND);
      run.cluster.awaitDrained(ClusterRun.BOUND);
      assertThat(run.sink.messages()).isEqualTo(count);
      assertThat(arrived).hasSize(count);
      assertThat(arrived.values()).allSatisfy(times -> assertThat(times).isOne());
      run.assertReplicasEqual();
    }
  }

  /** Posts a message to one node, and then once more to each of the others that lives. */
  private void post(HttpClient http, List<NodeProcess> nodes, int number) throws Exception {
    Set<String> answers = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      NodeProcess node = nodes.get((number + i) % nodes.size());
      Optional<String> answer = post(http, node.http(), number);
      answer.ifPresent(answers::add);
      lost.addAndGet(answer.isPresent() ? 0 : 1);
    }
    assertThat(answers).as("answers to post %d", number).hasSize(1);
    answered.incrementAndGet();
  }

  /** The answer, where the node lives; what asks for patience is asked again. */
  private static Optional<String> post(HttpClient http, InetSocketAddress node, int number)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.getPort() + "/v1/messages"))
            .timeout(CALL_TIME_MAX)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "post " + number)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"from": "sender@example.com", "to": "r%d@d%d.example", "subject": "%d",
                     "text": "Hello"}"""
                        .formatted(number, number % 7, number)))
            .build();
    List<String> answers = new ArrayList<>();
    Await.until(
        ClusterRun.BOUND, "an answer to post " + number, () -> answered(http, request, answers));
    return answers.stream().findFirst();
  }

  /** Whether there is an answer, which is noted, or never will be. */
  private static boolean answered(HttpClient http, HttpRequest request, List<String> answers)
      throws InterruptedException {
    try {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 503) {
        return false;
      }
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
      answers.add(answer.body());
      return true;
    } catch (IOException e) {
      return true; // The node is dead.
    }
  }
}
