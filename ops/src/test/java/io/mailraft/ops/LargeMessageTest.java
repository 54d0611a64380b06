package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One message that is larger than what the node may use of heap for it, and uploads that break. */
class LargeMessageTest {
  private static final int LARGE_BYTES = 64 << 20;
  private static final Duration OVERTAKEN_BOUND = ClusterRun.BOUND;

  private static ClusterRun smallHeap(String name) throws Exception {
    return ClusterRun.start(
        name, 1, Script.OBEDIENT, options -> options.withJavaOptions("-Xmx128m"));
  }

  @Test
  void i9_a_message_of_64_mib_passes_a_small_heap_while_small_ones_overtake_it() throws Exception {
    try (ClusterRun run = smallHeap("large-message")) {
      NodeProcess node = run.cluster.node("n1");
      Mail pattern = Mail.of(41, 1, 1 << 20, 1);
      Mail large = large(pattern);
      run.ledger.planned(large);
      try (SmtpSession session = run.session(node)) {
        session.command("MAIL FROM:<" + large.mailFrom() + ">");
        session.command("RCPT TO:<" + large.recipients().getFirst() + ">");
        assertThat(session.command("DATA").code()).isEqualTo(354);
        int half = large.content().length / 2;
        // Ends in the middle of a line: nothing may depend on where a write ends.
        session.content(Arrays.copyOfRange(large.content(), 0, half));
        session.flush();

        run.accepted(node, Mail.of(42, 1, 1000, 2));
        run.ledger.awaitAllArrived(OVERTAKEN_BOUND);

        session.rest(Arrays.copyOfRange(large.content(), half, large.content().length));
        SmtpSession.Reply reply = session.command(".");
        assertThat(reply.code()).as("%s", reply).isEqualTo(250);
        run.ledger.accepted(large, node.id(), Duration.ZERO);
      }
      run.settle();
      assertThat(node.isAlive()).isTrue();
    }
  }

  /** The body of a message again and again, without a line that begins with a dot. */
  private static Mail large(Mail pattern) {
    String header = "Subject: large\r\n" + Mail.ID_HEADER + ": " + pattern.id() + "\r\n\r\n";
    byte[] line = ("0123456789abcdef".repeat(4) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] content = new byte[header.length() + LARGE_BYTES / line.length * line.length];
    System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, content, 0, header.length());
    for (int at = header.length(); at < content.length; at += line.length) {
      System.arraycopy(line, 0, content, at, line.length);
    }
    return Mail.withContent(pattern.id(), pattern.mailFrom(), pattern.recipients(), content);
  }

  @Test
  void i3_an_upload_that_breaks_at_any_stage_leaves_nothing_visible() throws Exception {
    try (ClusterRun run = smallHeap("broken-upload")) {
      NodeProcess node = run.cluster.node("n1");
      String envelope = "MAIL FROM:<s@sender.example>\r\nRCPT TO:<r@d.example>\r\n";
      String header = "Subject: broken\r\n" + Mail.ID_HEADER + ": broken\r\n";
      // Some chunks of a large message: 3 MiB, which is more than one log record.
      String body = ("x".repeat(70) + "\r\n").repeat(3 << 20 >> 6);
      List<String> uploads =
          List.of(
              "",
              "MAIL FROM:<s@sender.example>\r\n",
              envelope,
              envelope + "DATA\r\n",
              envelope + "DATA\r\n" + header,
              envelope + "DATA\r\n" + header + "\r\n",
              envelope + "DATA\r\n" + header + "\r\nsome body",
              envelope + "DATA\r\n" + header + "\r\n" + body,
              envelope + "DATA\r\n" + header + "\r\n" + body + ".",
              envelope + "DATA\r\n" + header + "\r\n" + body + ".\r",
              envelope + "BDAT 1000\r\n" + header,
              envelope + "BDAT " + header.length() + "\r\n" + header,
              envelope
                  + "BDAT "
                  + (header.length() + 2 + body.length())
                  + "\r\n"
                  + header
                  + "\r\n"
                  + body,
              envelope
                  + "BDAT "
                  + (header.length() + 3 + body.length())
                  + " LAST\r\n"
                  + header
                  + "\r\n"
                  + body);
      for (String upload : uploads) {
        try (SmtpSession session = run.session(node)) {
          session.raw(upload.getBytes(StandardCharsets.US_ASCII));
          session.flush();
        }
      }
      run.accepted(node, Mail.of(43, 1, 1000, 1));
      assertThat(run.settle().acceptedMessages()).isEqualTo(1);
      assertThat(run.sink.messages()).isEqualTo(1);
      SmtpSink sink = run.sink;
      node.kill();
      run.cluster.startAll(ClusterRun.BOUND);
      run.accepted(node, Mail.of(43, 2, 1000, 1));
      run.settle();
      assertThat(sink.messages()).isEqualTo(2);
    }
  }
}
