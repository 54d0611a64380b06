package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The seed's curl lines as it prints them, run by a shell against a node, and the answers that it
 * prints. Only the port and what no two messages have in common differ.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SeedGoldenTest {
  private static final String BUSY = "450 4.3.2 Service currently unavailable";
  private static final String ID = "[0-9a-f]{18}";
  private static final String MILLIS = "[0-9]{13}";
  private static final String BASE64 = "[A-Za-z0-9+/]{43}=";

  /** What differs from message to message, and the form of it. */
  private static final Map<String, String> FORMS =
      Map.of(
          "id",
          ID,
          "time",
          MILLIS,
          "created",
          MILLIS,
          "first",
          MILLIS,
          "last",
          MILLIS,
          "next",
          MILLIS,
          "bodyHash",
          BASE64);

  private static final String HEADER =
      """
      Date: Mon, 03 Oct 2016 12:26:32 +0000
      From: Sender <sender@example.com>
      Message-ID: <95dc84ae-ff9e-4e95-aa75-8ee707bc018d@example.com>
      subject: test
      """;

  private static final int BODY_BYTES = 3458;

  private final Path directory;
  private final ClusterRun run;
  private final NodeProcess node;
  private final HttpCalls calls;

  SeedGoldenTest(@TempDir Path directory) throws Exception {
    this.directory = directory;
    // Whoever is at hold.example is never told anything, everybody else to come back later.
    Script script =
        moment ->
            moment.stage() != Stage.RCPT
                ? Action.PROCEED
                : moment.argument().endsWith("@hold.example") ? Action.HANG : Action.reply(BUSY);
    run = ClusterRun.start("seed-golden", 1, script, options -> options.withSettings(""));
    node = run.cluster.node("n1");
    calls = new HttpCalls(node);
  }

  @AfterAll
  void stop() throws IOException {
    calls.close();
    run.close();
  }

  @BeforeAll
  static void needsCurl() throws Exception {
    boolean there = new ProcessBuilder("/bin/sh", "-c", "command -v curl").start().waitFor() == 0;
    assumeTrue(there, "curl is not installed");
  }

  /** Runs a line of the seed; what it printed. */
  private String shell(String line) throws Exception {
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder("/bin/bash", "-c", line.replace(":8080", ":" + node.http().getPort()))
            .redirectError(directory.resolve("errors").toFile())
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(line + " does not end");
    }
    assertThat(process.exitValue()).as(line).isZero();
    return Files.readString(output);
  }

  /** Demands that an answer is the printed one but for what differs from message to message. */
  private static void assertPrinted(String answer, String printed) {
    assertSame("", "$", JsonParser.parseString(answer), JsonParser.parseString(printed));
  }

  private static void assertSame(String name, String path, JsonElement is, JsonElement printed) {
    switch (printed) {
      case JsonObject object -> {
        assertThat(is.isJsonObject()).as("%s is an object: %s", path, is).isTrue();
        assertThat(List.copyOf(is.getAsJsonObject().keySet()))
            .as("fields of %s", path)
            .isEqualTo(List.copyOf(object.keySet()));
        object
            .entrySet()
            .forEach(
                field ->
                    assertSame(
                        field.getKey(),
                        path + "." + field.getKey(),
                        is.getAsJsonObject().get(field.getKey()),
                        field.getValue()));
      }
      case JsonArray array -> {
        assertThat(is.isJsonArray()).as("%s is a list: %s", path, is).isTrue();
        assertThat(is.getAsJsonArray().size())
            .as("items of %s: %s", path, is)
            .isEqualTo(array.size());
        for (int i = 0; i < array.size(); i++) {
          assertSame(name, path + "[" + i + "]", is.getAsJsonArray().get(i), array.get(i));
        }
      }
      default -> {
        if (!FORMS.containsKey(name)) {
          assertThat(is).as(path).isEqualTo(printed);
          return;
        }
        assertThat(is.getAsJsonPrimitive().isNumber())
            .as("%s is of the printed type: %s", path, is)
            .isEqualTo(printed.getAsJsonPrimitive().isNumber());
        assertThat(is.getAsString()).as(path).matches(FORMS.get(name));
      }
    }
  }

  /** Hands in the message that the seed shows, to these recipients. */
  private String handedIn(String... recipients) throws IOException {
    String line = "0123456789abcdef".repeat(4) + "\r\n";
    String body = line.repeat(BODY_BYTES / line.length());
    body += "x".repeat(BODY_BYTES - body.length() - 2) + "\r\n";
    try (SmtpSession session = run.session(node)) {
      session.command("EHLO foo");
      session.command("MAIL FROM:<sender@example.com>");
      for (String recipient : recipients) {
        session.command("RCPT TO:<" + recipient + ">");
      }
      session.command("DATA");
      String content = HEADER.replace("\n", "\r\n") + "\r\n" + body;
      session.content(content.getBytes(StandardCharsets.US_ASCII));
      SmtpSession.Reply reply = session.command(".");
      assertThat(reply.text()).matches("2[.]0[.]0 Message queued as " + ID);
      return reply.text().substring(reply.text().lastIndexOf(' ') + 1);
    }
  }

  private void awaitDeferred(String id, int deliveries) throws Exception {
    Await.until(
        ClusterRun.BOUND,
        "all of " + id + " is deferred",
        () -> {
          try {
            String body = calls.get("/message/" + id).body();
            return body.split("\"DEFERRED\"", -1).length == deliveries + 1;
          } catch (IOException e) {
            return false;
          }
        });
  }

  @Test
  void send_takes_the_printed_message_with_its_user_and_origin() throws Exception {
    String answer =
        shell(
            """
            curl -H "Content-Type: application/json" -H "X-Authenticated-User: andris" -H "X-Originating-IP: 123.123.123.123" -X POST http://localhost:8080/send -d '{
            "from": "sender@example.com",
            "to": "recipient1@example.com, recipient2@example.com",
            "subject": "hello",
            "text": "hello world!"
            }'""");
    JsonObject said = JsonParser.parseString(answer).getAsJsonObject();
    String id = said.get("id").getAsString();
    assertThat(id).matches(ID);
    assertPrinted(
        answer,
        """
        {
        "id": "157ca04cd5c000ddea",
        "from": "sender@example.com",
        "to": ["recipient1@example.com", "recipient2@example.com"],
        "response": "Message queued as %s"
        }"""
            .formatted(id));
    JsonObject meta = calls.get("/message/" + id).object().getAsJsonObject("meta");
    assertThat(meta.get("user").getAsString()).isEqualTo("andris");
    assertThat(meta.get("origin").getAsString()).isEqualTo("123.123.123.123");
    assertThat(meta.get("interface").getAsString()).isEqualTo("api");
    assertThat(meta.get("transtype").getAsString()).isEqualTo("HTTP");
    assertThat(meta.getAsJsonObject("parsedEnvelope").toString())
        .isEqualTo(
            "{'from':'sender@example.com','to':['recipient1@example.com','recipient2@example.com'],'cc':[],'bcc':[],'replyTo':false,'sender':false}"
                .replace('\'', '"'));
    awaitDeferred(id, 2);
  }

  @Test
  void counters_and_lists_have_the_printed_form() throws Exception {
    String hangs = handedIn("example@hold.example");
    String waits = handedIn("example@example.com");
    awaitDeferred(waits, 1);
    JsonObject counter =
        JsonParser.parseString(shell("curl http://localhost:8080/counter/zone/default"))
            .getAsJsonObject();
    assertThat(counter.keySet()).containsExactly("active", "deferred");
    assertThat(counter.get("active").getAsLong()).isEqualTo(1);
    assertThat(counter.get("deferred").getAsLong()).isPositive();
    JsonObject domain =
        JsonParser.parseString(shell("curl http://localhost:8080/counter/domain/hold.example"))
            .getAsJsonObject();
    assertThat(domain.toString()).isEqualTo("{\"active\":1,\"deferred\":0}");
    assertPrinted(
        shell("curl http://localhost:8080/queued/active/default"),
        """
        {
        "list": [
        {
        "id":"157ca04cd5c000ddea",
        "zone":"default",
        "recipient":"example@hold.example"
        }
        ]
        }""");
    assertThat(shell("curl http://localhost:8080/queued/active/default")).contains(hangs);
    JsonArray deferred =
        JsonParser.parseString(shell("curl http://localhost:8080/queued/deferred/default"))
            .getAsJsonObject()
            .getAsJsonArray("list");
    assertThat(deferred.toString()).contains(waits);
    for (JsonElement row : deferred) {
      assertThat(row.getAsJsonObject().keySet()).containsExactly("id", "zone", "recipient");
    }
    // The older form, of the first seed.
    JsonObject queue =
        JsonParser.parseString(shell("curl http://localhost:8080/queue/default")).getAsJsonObject();
    assertThat(queue.keySet()).containsExactly("time", "queued", "deferred", "domains");
    assertThat(queue.get("queued").getAsLong()).isEqualTo(1);
    assertThat(queue.getAsJsonArray("domains").toString())
        .contains("{\"domain\":\"hold.example\",\"queued\":1,\"deferred\":0}");
    assertThat(JsonParser.parseString(shell("curl http://localhost:8080/zones")).toString())
        .contains("{\"name\":\"default\",\"active\":1,");
  }

  @Test
  void a_message_shows_every_printed_field() throws Exception {
    String id = handedIn("recipient1@example.com", "recipient2@example.com");
    awaitDeferred(id, 2);
    assertThat(calls.delete("/message/" + id + "/001").status()).isEqualTo(200);
    String answer = shell("curl http://localhost:8080/message/" + id);
    assertPrinted(
        answer,
        """
        {
        "meta": {
        "id": "1578a823de00009fbb",
        "interface": "feeder",
        "from": "sender@example.com",
        "to": ["recipient1@example.com", "recipient2@example.com"],
        "origin": "127.0.0.1",
        "originhost": "[127.0.0.1]",
        "transhost": "foo",
        "transtype": "ESMTP",
        "time": 1475497588281,
        "dkim": {
        "hashAlgo": "sha256",
        "bodyHash": "HAuESLcsVfL2FGQCUtFOwTL6Ax18XDXZO2vOeAz+DpI="
        },
        "headers": [{
        "key": "date",
        "line": "Date: Mon, 03 Oct 2016 12:26:32 +0000"
        }, {
        "key": "from",
        "line": "From: Sender <sender@example.com>"
        }, {
        "key": "message-id",
        "line": "Message-ID: <95dc84ae-ff9e-4e95-aa75-8ee707bc018d@example.com>"
        }, {
        "key": "subject",
        "line": "subject: test"
        }],
        "messageId": "<95dc84ae-ff9e-4e95-aa75-8ee707bc018d@example.com>",
        "date": "Mon, 03 Oct 2016 12:26:32 +0000",
        "parsedEnvelope": {
        "from": "sender@example.com",
        "to": [],
        "cc": [],
        "bcc": [],
        "replyTo": false,
        "sender": false
        },
        "bodySize": 3458,
        "created": 1475497593204
        },
        "messages": [{
        "id": "1578a823de00009fbb",
        "seq": "002",
        "zone": "default",
        "recipient": "recipient2@example.com",
        "status": "DEFERRED",
        "deferred": {
        "first": 1475499253068,
        "count": 1,
        "last": 1475499774161,
        "next": 1475501274161,
        "response": "450 4.3.2 Service currently unavailable"
        }
        }]
        }""");
    JsonObject meta = JsonParser.parseString(answer).getAsJsonObject().getAsJsonObject("meta");
    assertThat(meta.get("id").getAsString()).isEqualTo(id);
  }

  @Test
  void fetch_gives_the_message_without_what_is_added_when_it_is_sent() throws Exception {
    String given =
        """
        Content-Type: text/plain
        From: sender@example.com
        To: exmaple@example.com
        Subject: testmessage
        Message-ID: <4f7e73c3-009c-48c2-4b45-1cf20b2fe6d3@example.com>
        Date: Sat, 15 Oct 2016 20:24:54 +0000
        MIME-Version: 1.0

        Hello world! This is a test message
        ...
        """;
    Path file = Files.writeString(directory.resolve("message.eml"), given);
    String answer =
        shell(
            "curl -H 'Content-Type: message/rfc822' --data-binary @%s http://localhost:8080/send-raw"
                .formatted(file));
    String id = JsonParser.parseString(answer).getAsJsonObject().get("id").getAsString();
    assertPrinted(
        answer,
        """
        {
        "id": "1578a823de00009fbb",
        "from": "sender@example.com",
        "to": ["exmaple@example.com"],
        "response": "Message queued as %s"
        }"""
            .formatted(id));
    String fetched = shell("curl -i http://localhost:8080/fetch/" + id);
    int header = fetched.indexOf("\r\n\r\n");
    assertThat(fetched.substring(0, header)).containsIgnoringCase("content-type: message/rfc822");
    assertThat(fetched.substring(header + 4)).isEqualTo(given.replace("\n", "\r\n"));
    assertThat(shell("curl 'http://localhost:8080/fetch/" + id + "?body=yes'"))
        .isEqualTo("Hello world! This is a test message\r\n...\r\n");
  }
}
