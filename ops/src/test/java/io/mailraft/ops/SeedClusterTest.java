package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.mailraft.ops.HttpCalls.Answer;
import io.mailraft.ops.HttpCalls.Count;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** The seed's calls against a cluster of three: any node answers for all of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SeedClusterTest {
  private static final String UNKNOWN = "0199c5d0a1b0010000";

  private final ClusterRun run;
  private final List<NodeProcess> nodes;
  private final List<HttpCalls> calls;

  SeedClusterTest() throws Exception {
    // Everybody at later.* is told to come back, and waits for minutes then.
    Script script =
        moment ->
            moment.stage() == Stage.RCPT && moment.argument().contains("@later.")
                ? Action.reply("450 4.2.1 Come back later")
                : Action.PROCEED;
    run =
        ClusterRun.start(
            "seed-cluster",
            3,
            script,
            options ->
                options.withSettings(
                    """
                    delivery: { helo: "${node}.example", retry: [30m] }
                    queue: { submitTimeout: 12s }
                    """));
    nodes = run.cluster.nodes();
    calls = nodes.stream().map(HttpCalls::new).toList();
  }

  @AfterAll
  void stop() throws IOException {
    calls.forEach(HttpCalls::close);
    run.close();
  }

  private static String accepted(Answer answer) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(200);
    return answer.text("id");
  }

  private void awaitCount(String path, Count expected) throws Exception {
    for (HttpCalls any : calls) {
      Await.until(
          ClusterRun.BOUND,
          path + " is " + expected,
          () -> {
            try {
              return any.count(path).equals(expected);
            } catch (IOException e) {
              return false;
            }
          });
    }
  }

  private static void assertError(Answer answer, int status, String code, String text) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    assertThat(answer.type()).startsWith("application/json");
    assertThat(answer.text("code")).as("%s", answer).isEqualTo(code);
    assertThat(answer.text("error")).contains(text);
  }

  @Test
  @Order(1)
  void i3_a_broken_upload_leaves_nothing_visible() throws Exception {
    NodeProcess node = nodes.getFirst();
    String header = "From: a@a.example\r\nTo: r@later.example\r\nSubject: broken\r\n\r\n";
    // More than one log record holds, so that chunks of it are committed.
    String body = ("x".repeat(70) + "\r\n").repeat(3 << 20 >> 6);
    String json = "{\"from\": \"a@a.example\", \"to\": \"r@later.example\", \"text\": \"";
    List<String> uploads =
        List.of(
            head("/send-raw", HttpCalls.MAIL, "Content-Length: 8000000"),
            head("/send-raw", HttpCalls.MAIL, "Content-Length: 8000000") + header,
            head("/send-raw", HttpCalls.MAIL, "Content-Length: 8000000") + header + body,
            head("/send-raw", HttpCalls.MAIL, "Transfer-Encoding: chunked") + chunk(header),
            head("/send-raw", HttpCalls.MAIL, "Transfer-Encoding: chunked")
                + chunk(header)
                + chunk(body),
            head("/send-raw", HttpCalls.MAIL, "Transfer-Encoding: chunked")
                + chunk(header + body)
                + "0\r\n",
            head("/send", HttpCalls.JSON, "Content-Length: 8000000") + json + "x".repeat(3 << 20),
            head("/send", HttpCalls.JSON, "Transfer-Encoding: chunked") + chunk(json + "whole\"}"));
    for (String upload : uploads) {
      try (Socket socket =
          new Socket(node.http().getAddress().getHostAddress(), node.http().getPort())) {
        OutputStream out = socket.getOutputStream();
        out.write(upload.getBytes(StandardCharsets.US_ASCII));
        out.flush();
        // The client is gone, in an orderly way or without a word.
        socket.setSoLinger(upload.length() % 2 == 0, 0);
      }
    }
    String id = accepted(calls.getFirst().send(json.replace('"', '\'') + "whole'}"));
    awaitCount("zone/default", new Count(0, 1));
    assertThat(calls.getLast().list("deferred/default", 10)).hasSize(1);
    assertThat(calls.getLast().delete("/message/" + id + "/1").status()).isEqualTo(200);
    awaitCount("zone/default", new Count(0, 0));
    assertThat(run.sink.messages()).isZero();
  }

  private static String head(String path, String type, String length) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        + type
        + "\r\n"
        + length
        + "\r\n\r\n";
  }

  private static String chunk(String content) {
    return Integer.toHexString(content.length()) + "\r\n" + content + "\r\n";
  }

  @Test
  @Order(2)
  void any_node_answers_for_the_whole_cluster_and_takes_its_orders() throws Exception {
    List<String> ids = new ArrayList<>();
    for (HttpCalls any : calls) {
      ids.add(
          accepted(
              any.send(
                  "{'from': 'a@a.example', 'to': ['1@later.example', '2@later.example'],"
                      + " 'text': 'hello'}")));
    }
    awaitCount("zone/default", new Count(0, 6));
    awaitCount("domain/later.example", new Count(0, 6));
    for (HttpCalls any : calls) {
      for (String id : ids) {
        Answer shown = any.get("/message/" + id);
        assertThat(shown.status()).isEqualTo(200);
        assertThat(shown.object().getAsJsonArray("messages")).hasSize(2);
        assertThat(any.get("/fetch/" + id + "?body=yes").body()).isEqualTo("hello\r\n");
      }
      for (int limit : new int[] {1, 2, 5, 6, 1000}) {
        assertThat(any.list("deferred/default", limit)).as("pages of %d", limit).hasSize(6);
      }
      Answer passedOver = any.get("/queued/deferred/default?start=4");
      assertThat(passedOver.object().getAsJsonArray("list")).hasSize(2);
      assertThat(any.get("/queued/active/default").body()).isEqualTo("{\"list\":[]}\n");
    }
    for (int i = 0; i < 3; i++) {
      HttpCalls other = calls.get((i + 1) % 3);
      assertThat(other.delete("/message/" + ids.get(i) + "/001").body())
          .isEqualTo("{\"success\":true}\n");
      // Whoever gave the order sees what it did.
      assertThat(other.get("/message/" + ids.get(i)).body()).doesNotContain("\"seq\":\"001\"");
      assertError(other.delete("/message/" + ids.get(i) + "/001"), 404, "NotFound", "no open");
      assertThat(other.put("/message/" + ids.get(i) + "/2").status()).isEqualTo(200);
    }
    awaitAttempts(ids, 2);
    for (String id : ids) {
      assertThat(calls.getFirst().delete("/message/" + id + "/002").status()).isEqualTo(200);
    }
    awaitCount("zone/default", new Count(0, 0));
    for (String id : ids) {
      assertError(calls.getFirst().get("/message/" + id), 404, "NotFound", "ended");
    }
  }

  private void awaitAttempts(List<String> ids, int attempts) throws Exception {
    Await.until(
        ClusterRun.BOUND,
        "what was to be sent now has been tried",
        () -> {
          try {
            for (String id : ids) {
              if (!calls
                  .getFirst()
                  .get("/message/" + id)
                  .body()
                  .contains("\"count\":" + attempts)) {
                return false;
              }
            }
            return true;
          } catch (IOException e) {
            return false;
          }
        });
  }

  @Test
  @Order(3)
  void counters_are_exact_after_random_operations() throws Exception {
    Random random = new Random(5);
    TreeMap<String, Integer> deferred = new TreeMap<>();
    List<String[]> open = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      HttpCalls any = calls.get(random.nextInt(3));
      if (open.isEmpty() || random.nextInt(10) < 7) {
        List<String> to = new ArrayList<>();
        for (int seq = random.nextInt(4); seq >= 0; seq--) {
          to.add((random.nextBoolean() ? "later." : "now.") + random.nextInt(5) + ".example");
        }
        StringBuilder list = new StringBuilder();
        for (int seq = 0; seq < to.size(); seq++) {
          list.append(seq == 0 ? "'" : ", '")
              .append(seq)
              .append('@')
              .append(to.get(seq))
              .append("'");
        }
        String id =
            accepted(any.send("{'from': 'a@a.example', 'to': [" + list + "], 'text': 't'}"));
        for (int seq = 0; seq < to.size(); seq++) {
          if (to.get(seq).startsWith("later.")) {
            deferred.merge(to.get(seq), 1, Integer::sum);
            open.add(new String[] {id, Integer.toHexString(seq + 1), to.get(seq)});
          }
        }
      } else {
        String[] delivery = open.remove(random.nextInt(open.size()));
        String path = "/message/" + delivery[0] + "/" + delivery[1];
        if (random.nextBoolean()) {
          assertThat(any.put(path).status()).isEqualTo(200);
          open.add(delivery);
        } else {
          cancelled(any, path);
          deferred.merge(delivery[2], -1, Integer::sum);
        }
      }
    }
    awaitCount("zone/default", new Count(0, open.size()));
    for (var domain : deferred.entrySet()) {
      awaitCount("domain/" + domain.getKey(), new Count(0, domain.getValue()));
    }
    awaitCount("domain/now.1.example", new Count(0, 0));
    for (HttpCalls any : calls) {
      Set<String> seen = new HashSet<>();
      for (JsonObject row : any.list("deferred/default", 7)) {
        seen.add(row.get("id").getAsString() + row.get("recipient").getAsString());
      }
      assertThat(seen).hasSize(open.size());
    }
    run.assertReplicasEqual();
  }

  /** A delivery that is being tried at this moment cannot be cancelled, and says so. */
  private static void cancelled(HttpCalls any, String path) throws Exception {
    Await.until(
        ClusterRun.BOUND,
        path + " is cancelled",
        () -> {
          try {
            Answer answer = any.delete(path);
            if (answer.status() == 409) {
              assertError(answer, 409, "Claimed", "too late");
              return false;
            }
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            return true;
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  @Order(4)
  void what_is_wrong_is_told_with_its_status_and_code() throws Exception {
    HttpCalls any = calls.get(1);
    for (String path :
        List.of("/message/" + UNKNOWN, "/fetch/" + UNKNOWN, "/message/x", "/fetch/%C3%A9")) {
      assertError(any.get(path), 404, "NotFound", "there is no open message");
    }
    for (String path :
        List.of("/counter/zone/nowhere", "/queue/nowhere", "/queued/active/nowhere")) {
      assertError(any.get(path), 404, "NotFound", "there is no zone 'nowhere'");
    }
    assertError(any.get("/queued/held/default"), 404, "NotFound", "there is no list 'held'");
    assertError(any.delete("/message/" + UNKNOWN + "/001"), 404, "NotFound", UNKNOWN);
    assertError(any.put("/message/" + UNKNOWN + "/001"), 404, "NotFound", UNKNOWN);
    assertError(any.get("/nothing"), 404, "NotFound", "");
    assertError(any.get("/send"), 405, "MethodNotAllowed", "");
    assertError(any.get("/counter/domain/a..b"), 400, "InvalidParameter", "is not a domain");
    assertError(any.get("/queued/active/default?limit=1001"), 400, "InvalidParameter", "1 to 1000");
    assertError(any.get("/queued/active/default?start=x"), 400, "InvalidParameter", "start");
    assertError(any.send("{'from': 'a@a.example',"), 400, "InvalidContent", "the body is no JSON");
    assertError(
        any.send("{'from': 'a@a.example', 'text': 'x'}"), 400, "NoRecipients", "give to, cc, bcc");
    assertError(
        any.send("{'from': 'a@a.example', 'to': 'r@', 'text': 'x'}"), 400, "InvalidField", "to: ");
    assertError(
        any.send("{'from': 'a@a.example', 'to': 'r@b.example', 'attachments': [{'path': '/x'}]}"),
        400,
        "InvalidField",
        "attachments[0].path: files and URLs are not read");
    assertError(any.post("/send-raw", HttpCalls.MAIL, new byte[0]), 400, "InvalidContent", "empty");
    assertError(
        any.post("/send", "text/plain", new byte[1]),
        415,
        "UnsupportedMediaType",
        "application/json");
    assertError(
        any.send(
            "POST",
            "/send",
            BodyPublishers.ofString("{}"),
            "Content-Type",
            HttpCalls.JSON,
            "X-Originating-IP",
            "nowhere"),
        400,
        "InvalidParameter",
        "X-Originating-IP");
    // More than is allowed is refused by its length, before it comes.
    for (String call : List.of("/send", "/send-raw")) {
      String type = call.equals("/send") ? HttpCalls.JSON : HttpCalls.MAIL;
      assertThat(firstLine(head(call, type, "Content-Length: 2000000000"))).contains(" 413 ");
    }
    awaitCount("domain/b.example", new Count(0, 0));
  }

  private String firstLine(String request) throws IOException {
    NodeProcess node = nodes.getFirst();
    try (Socket socket =
        new Socket(node.http().getAddress().getHostAddress(), node.http().getPort())) {
      socket.setSoTimeout(Math.toIntExact(ClusterRun.BOUND.toMillis()));
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
          .readLine();
    }
  }

  @Test
  @Order(5)
  void i1_without_a_majority_a_message_is_refused_for_now_and_what_is_there_is_still_shown()
      throws Exception {
    NodeProcess left = run.follower();
    HttpCalls any = calls.get(nodes.indexOf(left));
    Count before = any.count("zone/default");
    JsonObject row = any.list("deferred/default", 1).getFirst();
    for (NodeProcess node : nodes) {
      if (node != left) {
        node.kill();
      }
    }
    String json = "{'from': 'a@a.example', 'to': 'none@later.example', 'text': 'x'}";
    Answer refused = any.send(json);
    assertError(refused, 503, "NoMajority", "try again later");
    assertThat(refused.retryAfter()).matches("[1-9][0-9]*");
    Answer order = any.delete("/message/" + row.get("id").getAsString() + "/001");
    assertThat(order.status()).as("%s", order).isIn(404, 503);
    assertThat(any.count("zone/default")).isEqualTo(before);
    assertThat(any.get("/message/" + row.get("id").getAsString()).status()).isEqualTo(200);
    run.cluster.startAll(ClusterRun.BOUND);
    String id = accepted(any.send(json.replace("none@later", "one@later")));
    Await.until(
        ClusterRun.BOUND,
        "the message is deferred",
        () -> {
          try {
            return any.get("/message/" + id).body().contains("DEFERRED");
          } catch (IOException e) {
            return false;
          }
        });
    awaitCount("domain/later.example", new Count(0, 1));
  }
}
