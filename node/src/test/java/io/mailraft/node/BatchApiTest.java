package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The send API over HTTP: batches, and the templates that they fill. */
class BatchApiTest extends SendApiCase {
  private static final Pattern REPEATED = Pattern.compile("^(\\{\\{#list}})?(.*?)%(\\d+)(.*)$");

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
}
