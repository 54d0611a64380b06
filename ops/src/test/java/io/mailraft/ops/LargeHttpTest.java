package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.HttpCalls.Answer;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Messages by HTTP that are larger than what a node may use of heap for them. */
class LargeHttpTest {
  private static final int RAW_BYTES = 64 << 20;
  private static final int ATTACHED_BYTES = 20_000_000;

  @Test
  void i9_64_mib_by_send_raw_and_20_mb_by_send_pass_a_small_heap_and_are_fetched_again()
      throws Exception {
    AtomicBoolean away = new AtomicBoolean(true);
    Queue<SmtpSink.Received> received = new ConcurrentLinkedQueue<>();
    SmtpSink.Options options =
        SmtpSink.Options.of(received::add)
            .withScript(
                moment ->
                    away.get() && moment.stage() == Stage.RCPT
                        ? Action.reply("450 4.2.1 Come back later")
                        : Action.PROCEED);
    byte[] raw = raw();
    byte[] file = new byte[ATTACHED_BYTES];
    new Random(7).nextBytes(file);
    try (SmtpSink sink = SmtpSink.start(options);
        LocalCluster cluster =
            LocalCluster.create(
                LocalCluster.Options.of(1, sink.port())
                    .withSettings(ClusterRun.QUICK_RETRY)
                    .withJavaOptions("-Xmx128m"))) {
      cluster.startAll(ClusterRun.BOUND);
      NodeProcess node = cluster.node("n1");
      try (HttpCalls calls = new HttpCalls(node)) {
        Answer first = calls.post("/send-raw?to=raw@example.net", HttpCalls.MAIL, raw);
        assertThat(first.status()).as("%s", first).isEqualTo(200);
        Answer second = calls.post("/send", HttpCalls.JSON, json(file));
        assertThat(second.status()).as("%s", second).isEqualTo(200);

        int body = bodyOf(raw);
        String fetched = calls.get("/fetch/" + first.text("id") + "?body=yes").body();
        assertThat(
                Arrays.equals(
                    fetched.getBytes(StandardCharsets.US_ASCII),
                    Arrays.copyOfRange(raw, body, raw.length)))
            .as("what is fetched is what was handed in")
            .isTrue();
        away.set(false);
        Await.until(ClusterRun.BOUND, "both have arrived", () -> received.size() == 2);
      }
      for (SmtpSink.Received arrived : received) {
        byte[] content = arrived.content();
        boolean same =
            arrived.recipients().contains("raw@example.net")
                ? Arrays.equals(
                    content, bodyOf(content), content.length, raw, bodyOf(raw), raw.length)
                : Arrays.equals(attached(content), file);
        assertThat(same)
            .as("what arrives is what was handed in: %s", arrived.recipients())
            .isTrue();
      }
      assertThat(node.isAlive()).isTrue();
    }
  }

  private static byte[] raw() {
    String header = "From: sender@example.com\r\nSubject: large\r\n\r\n";
    byte[] line = ("0123456789abcdef".repeat(4) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] content = new byte[header.length() + RAW_BYTES / line.length * line.length];
    System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, content, 0, header.length());
    for (int at = header.length(); at < content.length; at += line.length) {
      System.arraycopy(line, 0, content, at, line.length);
    }
    return content;
  }

  private static byte[] json(byte[] file) {
    return ("{\"from\": \"sender@example.com\", \"to\": \"json@example.net\", \"text\": \"see there\","
            + " \"attachments\": [{\"filename\": \"large.bin\", \"encoding\": \"base64\", \"content\": \""
            + Base64.getEncoder().encodeToString(file)
            + "\"}]}")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Where the body begins: behind the first empty line. */
  private static int bodyOf(byte[] content) {
    int at = 0;
    while (content[at] != '\r'
        || content[at + 1] != '\n'
        || content[at + 2] != '\r'
        || content[at + 3] != '\n') {
      at++;
    }
    return at + 4;
  }

  /** The attachment of a message, decoded. */
  private static byte[] attached(byte[] content) {
    String text = new String(content, StandardCharsets.US_ASCII);
    int part = text.indexOf("large.bin");
    int from = text.indexOf("\r\n\r\n", part) + 4;
    int to = text.indexOf("\r\n--", from);
    return Base64.getMimeDecoder().decode(text.substring(from, to));
  }
}
