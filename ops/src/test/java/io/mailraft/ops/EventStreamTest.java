package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The stream of events and the timelines of real nodes, by HTTP. */
class EventStreamTest {
  private static final Pattern FOUND = Pattern.compile("\\{\"id\":\"([0-9a-f]{18})\"");
  private static final Pattern NEXT = Pattern.compile("\"next\":\"([0-9a-f]{18})\"\\}\\s*$");

  private static final int MESSAGES = 150;
  private static final Pattern MESSAGE = Pattern.compile("\"message\":\"([0-9a-f]{18})\"");

  /** An event as a client of the stream sees it. */
  private record Seen(String id, String type, String data) {
    String message() {
      Matcher matcher = MESSAGE.matcher(data);
      assertThat(matcher.find()).as(data).isTrue();
      return matcher.group(1);
    }
  }

  /** A client that follows the stream on a thread of its own. */
  private static final class Follower implements AutoCloseable {
    private final List<Seen> seen = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final Thread thread;

    Follower(NodeProcess node, String lastId) {
      HttpRequest request =
          HttpRequest.newBuilder(uri(node, "/v1/events")).header("Last-Event-ID", lastId).build();
      thread = Thread.ofVirtual().start(() -> follow(request));
    }

    private void follow(HttpRequest request) {
      try (InputStream in = client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body();
          BufferedReader lines =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        String id = "";
        String type = "";
        String data = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("id: ")) {
            id = line.substring(4);
          } else if (line.startsWith("event: ")) {
            type = line.substring(7);
          } else if (line.startsWith("data: ")) {
            data = line.substring(6);
          } else if (line.isEmpty() && !data.isEmpty()) {
            // Only now: a line may be cut off when the node dies.
            add(new Seen(id, type, data));
            data = "";
          }
        }
      } catch (IOException e) {
        // The node was killed, or the test is over.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private synchronized void add(Seen one) {
      seen.add(one);
    }

    synchronized List<Seen> seen() {
      return List.copyOf(seen);
    }

    void awaitEnd() throws InterruptedException {
      assertThat(thread.join(ClusterRun.BOUND)).as("the stream of a dead node ends").isTrue();
    }

    @Override
    public void close() {
      client.shutdownNow();
      client.close();
    }
  }

  private static URI uri(NodeProcess node, String path) {
    return URI.create("http://127.0.0.1:" + node.http().getPort() + path);
  }

  private static HttpResponse<String> get(NodeProcess node, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(uri(node, path)).timeout(ClusterRun.BOUND).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static long count(List<Seen> events, String type) {
    return events.stream().filter(event -> event.type().equals(type)).count();
  }

  @Test
  void a_stream_goes_on_at_another_node_when_its_own_is_killed_and_misses_and_repeats_nothing()
      throws Exception {
    try (ClusterRun run = ClusterRun.start("event-stream", 3)) {
      NodeProcess leader = run.leader();
      List<NodeProcess> others =
          run.cluster.nodes().stream().filter(node -> node != leader).toList();
      List<Seen> joined = new ArrayList<>();
      try (LoadClient load = run.load(MESSAGES, 41)) {
        try (Follower first = new Follower(leader, "0")) {
          Await.until(ClusterRun.BOUND, "events", () -> first.seen().size() > 60);
          run.noteFault(leader, leader);
          leader.kill();
          first.awaitEnd();
          joined.addAll(first.seen());
        }
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      try (Follower second = new Follower(others.getFirst(), joined.getLast().id());
          Follower whole = new Follower(others.getLast(), "0")) {
        // All has ended, so both come to the same last event.
        List<List<Seen>> both = new ArrayList<>();
        Await.until(
            ClusterRun.BOUND,
            "both streams at the same event, behind every end",
            () -> {
              both.clear();
              both.addAll(List.of(second.seen(), whole.seen()));
              return ended(both.getLast())
                  && !both.getFirst().isEmpty()
                  && both.getFirst().getLast().equals(both.getLast().getLast());
            });
        joined.addAll(both.getFirst());
        assertThat(joined).isEqualTo(both.getLast());
      }
      Set<String> ids = new HashSet<>();
      joined.forEach(event -> assertThat(ids.add(event.id())).as(event.id()).isTrue());
      assertThat(count(joined, "accepted")).isGreaterThanOrEqualTo(MESSAGES);

      Optional<Seen> delivered =
          joined.stream().filter(event -> event.type().equals("delivered")).findFirst();
      String message = delivered.orElseThrow().message();
      for (NodeProcess node : others) {
        HttpResponse<String> state = get(node, "/v1/messages/" + message);
        assertThat(state.statusCode()).isEqualTo(200);
        assertThat(state.body())
            .contains("\"id\":\"" + message + "\"", "\"ended\":\"", "\"state\":\"delivered\"");
        HttpResponse<String> events = get(node, "/v1/messages/" + message + "/events");
        assertThat(events.body())
            .contains(
                "\"type\":\"accepted\"",
                "\"origin\":\"127.0.0.1\"",
                "\"type\":\"delivered\"",
                "\"host\":\"127.0.0.1 [127.0.0.1]\"",
                "\"millis\":{",
                "\"tags\":[]",
                "\"metadata\":{}");
        assertThat(events.body())
            .isEqualTo(get(others.getFirst(), "/v1/messages/" + message + "/events").body());
      }
    }
  }

  /** Every accepted delivery has its end in the stream. */
  private static boolean ended(List<Seen> events) {
    return count(events, "accepted") >= MESSAGES
        && events.stream()
            .filter(event -> event.type().equals("accepted"))
            .allMatch(
                accepted ->
                    events.stream()
                        .anyMatch(
                            event ->
                                event.type().equals("delivered")
                                    && event.message().equals(accepted.message())));
  }

  @Test
  void messages_are_searched_page_by_page_and_mistakes_are_problem_documents() throws Exception {
    try (ClusterRun run = ClusterRun.start("search", 1)) {
      NodeProcess node = run.cluster.nodes().getFirst();
      try (LoadClient load = run.load(25, 42)) {
        assertThat(load.await(ClusterRun.BOUND)).isZero();
      }
      run.settle();
      Set<String> found = new HashSet<>();
      String cursor = "";
      int pages = 0;
      do {
        HttpResponse<String> page =
            get(node, "/v1/messages?state=delivered&zone=default&limit=10&cursor=" + cursor);
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        Matcher ids = FOUND.matcher(page.body());
        while (ids.find()) {
          assertThat(found.add(ids.group(1))).as("found once").isTrue();
        }
        Matcher next = NEXT.matcher(page.body());
        cursor = next.find() ? next.group(1) : "";
        pages++;
      } while (!cursor.isEmpty());
      assertThat(found).hasSize(25);
      assertThat(pages).isBetween(3, 4);
      assertThat(get(node, "/v1/messages?state=bounced").body()).contains("\"messages\":[]");
      assertThat(get(node, "/v1/messages?from=2100-01-01T00:00:00Z").body())
          .contains("\"messages\":[]");

      problem(get(node, "/v1/messages/000000000000000000"), 404, "NotFound");
      problem(get(node, "/v1/messages/none/events"), 404, "NotFound");
      for (String wrong :
          List.of(
              "?state=sent",
              "?limit=0",
              "?limit=x",
              "?cursor=1",
              "?from=yesterday",
              "?recipient=" + "x".repeat(1001))) {
        problem(get(node, "/v1/messages" + wrong), 400, "InvalidParameter");
      }
      problem(get(node, "/v1/events?after=x"), 400, "InvalidParameter");
    }
  }

  private static void problem(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"code\":\"" + code + "\"", "\"detail\":\"");
  }
}
