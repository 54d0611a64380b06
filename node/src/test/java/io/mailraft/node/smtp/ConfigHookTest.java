package io.mailraft.node.smtp;

import static io.mailraft.node.smtp.AccessRun.ALICE;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Envelope;
import io.mailraft.config.ListenerAuth;
import io.mailraft.node.access.HookServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the user's own application says of messages that come by SMTP. */
class ConfigHookTest {
  private static final String CONTENT = "Subject: x\r\n\r\nbody\r\n.\r\n";

  @TempDir private Path directory;
  private AccessRun run;
  private HookServer server;

  @BeforeEach
  void open() throws Exception {
    run = new AccessRun(directory);
    server = run.server(HookServer.json("{}"));
  }

  @AfterEach
  void close() throws Exception {
    run.close();
  }

  private Listener listener() throws Exception {
    return run.withConfig(server).listen(ListenerAuth.OPTIONAL);
  }

  private Envelope sent(Listener listener) throws Exception {
    RawClient client = listener.addressed();
    assertThat(client.data(CONTENT)).startsWith("250 ");
    return listener.uploads.stored.getLast().envelope();
  }

  @Test
  void it_is_told_everything_that_the_seed_tells() throws Exception {
    Listener listener = run.withUsers().withConfig(server).listen(ListenerAuth.OPTIONAL);
    RawClient client = listener.greeted();
    client.ask("AUTH PLAIN " + ALICE, "235 ");
    client.address();
    HookServer.Asked asked = server.asked.getFirst();
    assertThat(asked.method()).isEqualTo("POST");
    assertThat(asked.uri()).isEqualTo("/config");
    assertThat(asked.body().split("&", -1))
        .containsExactly(
            "from=sender%40example.com",
            "origin=127.0.0.1",
            "originhost=%5B127.0.0.1%5D",
            "transhost=client.example",
            "transtype=ESMTPA",
            "user=alice");
    assertThat(client.data(CONTENT)).startsWith("250 ");
    assertThat(server.asked).hasSize(1);
  }

  @Test
  void it_may_change_sender_time_and_zone_and_give_keys() throws Exception {
    Listener listener = listener();
    server.answer(
        HookServer.json(
            """
            { "rewriteFrom": "other@example.org", "deferDelivery": 60000, "sendingZone": "bulk",
              "dkim": { "hashAlgo": "sha256", "keys": {
                "domainName": "example.org", "keySelector": "s1", "privateKey": "-----BEGIN" } },
              "unknown": [1, {"a": null}] }
            """));
    Envelope envelope = sent(listener);
    assertThat(envelope.getSender()).isEqualTo("other@example.org");
    assertThat(envelope.getSendAtMillis()).isEqualTo(Listener.NOW.toEpochMilli() + 60_000);
    assertThat(envelope.getDkim().getHashAlgo()).isEqualTo("sha256");
    assertThat(envelope.getDkim().getKeysList())
        .singleElement()
        .satisfies(
            key -> {
              assertThat(key.getDomainName()).isEqualTo("example.org");
              assertThat(key.getKeySelector()).isEqualTo("s1");
              assertThat(key.getPrivateKey()).isEqualTo("-----BEGIN");
            });
    assertThat(listener.uploads.stored.getLast().recipients().getFirst().getZone())
        .isEqualTo("bulk");
    server.answer(
        HookServer.json(
            """
            {"dkim": {"keys": [
              {"domainName": "a.example", "keySelector": "a", "privateKey": "x"},
              {"domainName": "b.example", "keySelector": "b", "privateKey": "y"}]}}
            """));
    assertThat(sent(listener).getDkim().getKeysList()).hasSize(2);
    server.answer(HookServer.status(204));
    assertThat(sent(listener).getSender()).isEqualTo("sender@example.com");
  }

  @Test
  void it_may_refuse_with_its_own_words() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    server.answer(HookServer.json("{\"error\": \"No more\\r\\n250 today\", \"code\": 552}"));
    assertThat(client.ask("MAIL FROM:<a@b.example>", "552 5.7.1 "))
        .isEqualTo("552 5.7.1 No more??250 today");
    server.answer(HookServer.json("{\"error\": \"Later\", \"code\": 450}"));
    client.ask("MAIL FROM:<a@b.example>", "450 4.7.1 Later");
    server.answer(HookServer.json("{\"error\": true}"));
    client.ask("MAIL FROM:<a@b.example>", "550 5.7.1 The message is refused");
    server.answer(HookServer.json("{\"error\": \"x\", \"code\": 221}"));
    client.ask("MAIL FROM:<a@b.example>", "550 5.7.1 x");
    client.expectInStep();
  }

  @Test
  void what_it_cannot_say_is_a_reason_to_come_again() throws Exception {
    Listener listener = listener();
    RawClient client = listener.greeted();
    for (String nonsense :
        List.of(
            "nonsense",
            "[]",
            "{",
            "{} {}",
            "{\"deferDelivery\": \"soon\"}",
            "{\"rewriteFrom\": \"no address\"}",
            "{\"rewriteFrom\": \"a@b.example>\\r\\nRCPT\"}",
            "{\"rewriteFrom\": 5}",
            "{\"rewriteFrom\": \"\u00e4@b.example\"}",
            "{\"dkim\": {\"keys\": [{\"domainName\": \"a.example\"}]}}",
            "{\"x\": " + "[".repeat(100_000) + "}")) {
      server.answer(HookServer.json(nonsense));
      client.ask("MAIL FROM:<a@b.example>", "451 4.3.0 ");
    }
    server.answer(HookServer.bytes(100 << 20));
    client.ask("MAIL FROM:<a@b.example>", "451 4.3.0 ");
    server.answer(HookServer.status(500));
    client.ask("MAIL FROM:<a@b.example>", "451 4.3.0 ");
    server.answer(HookServer.json("{}"));
    client.ask("MAIL FROM:<a@b.example>", "250 ");
    client.ask("RSET", "250 ");
    server.close();
    client.ask("MAIL FROM:<a@b.example>", "451 4.3.0 ");
  }
}
