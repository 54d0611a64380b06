package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The send API over HTTP: messages one by one, what is told of them, and the documents. */
class SendApiTest extends SendApiCase {
  private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"]+)\"");

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
    HttpResponse<String> notAllowed = client.send(put, HttpResponse.BodyHandlers.ofString());
    assertThat(notAllowed.statusCode()).isEqualTo(405);
    assertThat(notAllowed.body()).contains("\"code\":\"MethodNotAllowed\"");
    HttpRequest text =
        HttpRequest.newBuilder(URI.create(base + MESSAGES))
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("hello"))
            .build();
    HttpResponse<String> type =
        checked("post", MESSAGES, client.send(text, HttpResponse.BodyHandlers.ofString()));
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
