package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/**
 * One node with two listeners, and a sink for each of its zones: what {@code mailraft route} says
 * is where the mail goes.
 */
class RouteTest {
  private final Queue<String> arrived = new ConcurrentLinkedQueue<>();

  private SmtpSink sink(String zone) throws IOException {
    return SmtpSink.start(
        SmtpSink.Options.of(
            received -> {
              String content = new String(received.content(), StandardCharsets.ISO_8859_1);
              for (String recipient : received.recipients()) {
                arrived.add(
                    zone + " " + recipient + (content.contains("Sending-Zone") ? " HEADER" : ""));
              }
            }));
  }

  private static String zones(SmtpSink rest, SmtpSink bulk, SmtpSink gmail) {
    return """
    zones:
      default: { host: 127.0.0.1, port: %d }
      bulk: { host: 127.0.0.1, port: %d, routingHeaders: { x-user-id: "123" } }
      gmail: { host: 127.0.0.1, port: %d, recipientDomains: [gmail.example, "*.gmail.example"] }
    """
        .formatted(rest.port(), bulk.port(), gmail.port());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void mail_goes_where_the_route_command_says() throws Exception {
    try (SmtpSink rest = sink("default");
        SmtpSink bulk = sink("bulk");
        SmtpSink gmail = sink("gmail");
        LocalCluster cluster = LocalCluster.create(LocalCluster.Options.of(1, rest.port()))) {
      NodeProcess node = cluster.nodes().getFirst();
      InetSocketAddress outside =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
      configure(node, outside.getPort(), zones(rest, bulk, gmail));
      cluster.startAll(ClusterRun.BOUND);

      assertThat(route(node, "--to", "a@eu.gmail.example", "--to", "b@other.example"))
          .containsSubsequence(
              "a@eu.gmail.example  gmail    recipientDomains  *.gmail.example",
              "b@other.example     default  default           -",
              "The listener feeder honours X-Sending-Zone.");
      submit(node.smtp(), "Subject: x\r\n", "a@eu.gmail.example", "b@other.example");
      awaitArrived("default b@other.example", "gmail a@eu.gmail.example");

      assertThat(
              route(
                  node,
                  "--from",
                  "you@example.com",
                  "--to",
                  "a@gmail.example",
                  "--header",
                  "X-Sending-Zone: bulk"))
          .contains("a@gmail.example  bulk  X-Sending-Zone  -");
      submit(node.smtp(), "X-Sending-Zone: bulk\r\n", "a@gmail.example");
      awaitArrived("bulk a@gmail.example");

      assertThat(
              route(
                  node,
                  "--to",
                  "a@gmail.example",
                  "--header",
                  "X-Sending-Zone: bulk",
                  "--listener",
                  "outside"))
          .containsSubsequence(
              "a@gmail.example  gmail  recipientDomains  gmail.example",
              "a@gmail.example  bulk         X-Sending-Zone  not trusted",
              "The listener outside does not honour X-Sending-Zone (trustRouting).");
      submit(outside, "X-Sending-Zone: bulk\r\n", "a@gmail.example");
      awaitArrived("gmail a@gmail.example");

      submit(outside, "X-User-Id: 123\r\nX-Sending-Zone: gmail\r\n", "a@gmail.example");
      awaitArrived("bulk a@gmail.example");

      assertThat(route(node, "--to", "a@gmail.example", "-o", "json"))
          .contains("    \"zone\": \"gmail\",");
      assertThat(route(node, "--to", "nobody"))
          .contains("'nobody' is not a recipient's address, like user@example.com");
    }
  }

  private static void configure(NodeProcess node, int outside, String zones) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(node.configFile())) {
      if (line.startsWith("smtp: ")) {
        lines.add("smtp:");
        lines.add("- " + line.substring("smtp: ".length()));
        lines.add(
            "- { name: outside, listen: \"127.0.0.1:" + outside + "\", trustRouting: false }");
      } else if (!line.startsWith("zones: ")) {
        lines.add(line);
      }
    }
    Files.writeString(node.configFile(), String.join("\n", lines) + "\n" + zones);
  }

  private static List<String> route(NodeProcess node, String... more) {
    List<String> words = new ArrayList<>(List.of("route", "--server"));
    words.add("127.0.0.1:" + node.admin().getPort());
    words.addAll(List.of(more));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    Main.run(out, out, Ansi.OFF, words.toArray(String[]::new));
    return said.toString().lines().toList();
  }

  private static void submit(InetSocketAddress listener, String header, String... recipients)
      throws IOException {
    byte[] content = (header + "\r\nbody\r\n").getBytes(StandardCharsets.US_ASCII);
    Mail mail = Mail.withContent("1", "sender@other.example", List.of(recipients), content);
    try (SmtpSession session = SmtpSession.open(listener, ClusterRun.BOUND)) {
      assertThat(session.submit(mail)).isInstanceOf(SmtpSession.Submitted.Accepted.class);
      session.quit();
    }
  }

  private void awaitArrived(String... deliveries) throws Exception {
    Await.until(ClusterRun.BOUND, "the mail arrives", () -> arrived.size() >= deliveries.length);
    assertThat(arrived).containsExactlyInAnyOrder(deliveries);
    arrived.clear();
  }
}
