package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.HostileBodies.Body;
import io.mailraft.ops.HttpCalls.Answer;
import io.mailraft.ops.HttpCalls.Count;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Script;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** A thousand bodies that nobody means well with, against one node. */
class HostileBodiesTest {
  private static final int BODIES = 1_000;

  /** Posts to the other API, each time under the same key: what is refused does not use it up. */
  private static Answer postOnce(HttpCalls calls, byte[] body) throws Exception {
    return calls.send(
        "POST",
        "/v1/messages",
        BodyPublishers.ofByteArray(body),
        "Content-Type",
        HttpCalls.JSON,
        "Idempotency-Key",
        "hostile");
  }

  @Test
  void each_hostile_body_is_refused_by_its_path_and_nothing_of_it_is_queued() throws Exception {
    try (ClusterRun run =
            ClusterRun.start(
                "hostile-bodies",
                1,
                Script.OBEDIENT,
                options -> options.withSettings("").withJavaOptions("-Xmx128m"));
        HttpCalls calls = new HttpCalls(run.cluster.node("n1"))) {
      NodeProcess node = run.cluster.node("n1");
      SoftAssertions all = new SoftAssertions();
      int problems = 0;
      for (int seed = 0; seed < BODIES; seed++) {
        Body body = HostileBodies.of(seed);
        Answer answer = calls.post(body.path(), body.type(), body.bytes());
        all.assertThat(answer.status()).as("%d: %s: %s", seed, body.kind(), answer).isIn(400, 413);
        all.assertThat(answer.text("error"))
            .as("%d: %s", seed, body.kind())
            .startsWith(body.names());
        all.assertThat(answer.text("code")).as("%d: %s", seed, body.kind()).matches("[A-Za-z]+");
        if (body.path().equals("/send")) {
          Answer problem = postOnce(calls, body.bytes());
          String what = seed + ": " + body.kind() + ": " + problem;
          all.assertThat(problem.status()).as(what).isIn(400, 413);
          all.assertThat(problem.type()).as(what).isEqualTo("application/problem+json");
          all.assertThat(problem.number("status")).as(what).isEqualTo(problem.status());
          all.assertThat(problem.text("instance")).as(what).isEqualTo("/v1/messages");
          all.assertThat(problem.text("detail")).as(what).startsWith(body.names());
          all.assertThat(problem.text("code")).as(what).isEqualTo(answer.text("code"));
          problems++;
        }
      }
      assertThat(problems).isGreaterThan(BODIES / 2);
      all.assertAll();
      Answer bomb =
          calls.send(
              "POST",
              "/send",
              BodyPublishers.ofByteArray(new byte[1000]),
              "Content-Type",
              HttpCalls.JSON,
              "Content-Encoding",
              "gzip");
      assertThat(bomb.status()).as("%s", bomb).isEqualTo(415);
      assertThat(calls.count("zone/default")).isEqualTo(new Count(0, 0));
      assertThat(node.isAlive()).isTrue();
      assertThat(run.cluster.httpStatus(node, "/healthz")).isEqualTo(200);
      assertThat(run.sink.messages()).isZero();

      // What all of them were made from is taken.
      byte[] good = HostileBodies.GOOD.getBytes(StandardCharsets.UTF_8);
      Answer taken = calls.post("/send", HttpCalls.JSON, good);
      assertThat(taken.status()).as("%s", taken).isEqualTo(200);
      Answer first = postOnce(calls, good);
      assertThat(first.status()).as("%s", first).isEqualTo(202);
      run.cluster.awaitDrained(ClusterRun.BOUND);
      assertThat(run.sink.messages()).isEqualTo(2);
      assertThat(Files.readString(node.errorLog()))
          .doesNotContain("unexpected error")
          .doesNotContain("OutOfMemory");
    }
  }
}
