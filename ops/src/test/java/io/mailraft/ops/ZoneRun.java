package io.mailraft.ops;

import io.mailraft.api.admin.ZoneServer;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Help.Ansi;

/**
 * Nodes that own 127.0.0.11 to 127.0.0.19, three each, zones and throttles of the test's, and a
 * sink that records who connected from where and when.
 */
final class ZoneRun implements AutoCloseable {
  private static final Pattern ID = Pattern.compile("[0-9a-f]{18}");

  final LocalCluster cluster;
  final SmtpSink sink;

  /** When RCPT came, by the recipient's domain, nanoseconds. */
  final Map<String, List<Long>> sends = new ConcurrentHashMap<>();

  /** Messages that were taken. */
  final ConcurrentLinkedQueue<SmtpSink.Received> taken = new ConcurrentLinkedQueue<>();

  final AtomicInteger mostConnections = new AtomicInteger();

  /** Id of the message that was handed in last. */
  String lastId = "";

  private ZoneRun(int nodes, String document, String settings, String shared) throws IOException {
    sink =
        SmtpSink.start(
            SmtpSink.Options.of(taken::add).withScript(this::note).withKeep(SmtpSink.Keep.COUNT));
    cluster =
        LocalCluster.create(LocalCluster.Options.of(nodes, sink.port()).withSettings(settings));
    for (NodeProcess node : cluster.nodes()) {
      int number = Integer.parseInt(node.id().substring(1));
      String addresses =
          IntStream.range(0, 3)
              .mapToObj(i -> "127.0.0." + (8 + 3 * number + i))
              .collect(Collectors.joining(", ", "", shared));
      String config =
          Files.readAllLines(node.configFile()).stream()
              .filter(line -> !line.startsWith("zones:"))
              .map(line -> line.replace("addresses: [127.0.0.1]", "addresses: [" + addresses + "]"))
              .collect(Collectors.joining("\n"));
      Files.writeString(node.configFile(), config + "\n" + fill(document));
    }
  }

  /**
   * Starts a cluster.
   *
   * @param document the cluster document, with {@code ${port}} for the sink's port
   */
  static ZoneRun start(int nodes, String document) throws Exception {
    return start(nodes, document, ClusterRun.QUICK_RETRY, "");
  }

  /**
   * Starts a cluster.
   *
   * @param settings sections of every config file, that of delivery among them
   * @param shared further addresses of every node, each after a comma
   */
  static ZoneRun start(int nodes, String document, String settings, String shared)
      throws Exception {
    ZoneRun run = new ZoneRun(nodes, document, settings, shared);
    try {
      run.cluster.startAll(ClusterRun.BOUND);
    } catch (Exception e) {
      run.close();
      throw e;
    }
    return run;
  }

  /** A document with the sink's port in its place. */
  String fill(String document) {
    return document.replace("${port}", String.valueOf(sink.port()));
  }

  private Action note(Moment moment) {
    if (moment.stage() == Stage.RCPT) {
      String domain = moment.argument().substring(moment.argument().indexOf('@') + 1);
      sends.computeIfAbsent(domain, name -> new CopyOnWriteArrayList<>()).add(System.nanoTime());
    }
    mostConnections.accumulateAndGet(moment.openConnections(), Math::max);
    return Action.PROCEED;
  }

  /** Hands in a message to so many recipients at a domain; the reply. */
  static String submit(SmtpSession session, String domain, int recipients, String... headers)
      throws IOException {
    List<String> to = IntStream.range(0, recipients).mapToObj(n -> "r" + n + "@" + domain).toList();
    String content =
        String.join("", List.of(headers).stream().map(header -> header + "\r\n").toList())
            + "From: <s@sender.example>\r\nSubject: zones\r\n\r\nHello\r\n";
    SmtpSession.Submitted end =
        session.submit(
            Mail.withContent(
                "z", "s@sender.example", to, content.getBytes(StandardCharsets.US_ASCII)));
    if (end instanceof SmtpSession.Submitted.Accepted(SmtpSession.Reply reply)) {
      return reply.text();
    }
    throw new IOException("not accepted: " + end);
  }

  /** Hands in so many deliveries for a domain, up to 50 of them in a message, over any node. */
  void queue(String domain, int deliveries, String... headers) throws IOException {
    queueAt(running(), domain, deliveries, headers);
  }

  /** The same over one node. */
  void queueAt(NodeProcess node, String domain, int deliveries, String... headers)
      throws IOException {
    try (SmtpSession session = SmtpSession.open(node.smtp(), ClusterRun.BOUND)) {
      for (int left = deliveries; left > 0; left -= 50) {
        lastId = id(submit(session, domain, Math.min(50, left), headers));
      }
      session.quit();
    }
  }

  /** Whether a node says that nobody can serve a zone. */
  boolean unserved(NodeProcess asked, String zone) {
    try {
      return cluster.status(asked).getZonesList().stream()
          .anyMatch(status -> status.getName().equals(zone) && status.getUnserved());
    } catch (UnreachableException e) {
      return false;
    }
  }

  /** How many connections of a zone each node has, by what one says; empty while it is silent. */
  Map<String, Integer> connections(NodeProcess asked, String zone) {
    try {
      return cluster.status(asked).getZonesList().stream()
          .filter(status -> status.getName().equals(zone))
          .flatMap(status -> status.getServersList().stream())
          .collect(Collectors.toMap(ZoneServer::getNode, ZoneServer::getConnections));
    } catch (UnreachableException e) {
      return Map.of();
    }
  }

  private static String id(String reply) {
    Matcher id = ID.matcher(reply);
    if (!id.find()) {
      throw new IllegalStateException("no id in " + reply);
    }
    return id.group();
  }

  /** What a command printed and ended with. */
  record Ended(int code, String text) {}

  /** Runs a command of the operator's against a node. */
  Ended command(NodeProcess node, String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--server", "127.0.0.1:" + node.admin().getPort(), "--timeout", "60"));
    StringWriter out = new StringWriter();
    try (PrintWriter print = new PrintWriter(out)) {
      return new Ended(
          Main.run(print, print, Ansi.OFF, all.toArray(String[]::new)), out.toString());
    }
  }

  /** Runs a command against the first node that runs. */
  Ended command(String... words) {
    return command(running(), words);
  }

  private NodeProcess running() {
    return cluster.nodes().stream().filter(NodeProcess::isRunning).findFirst().orElseThrow();
  }

  /** Makes a text the cluster document. */
  Ended apply(String document, String... more) throws IOException {
    Path file = Files.writeString(cluster.directory().resolve("cluster.yaml"), fill(document));
    List<String> words = new ArrayList<>(List.of("config", "apply", "-f", file.toString()));
    words.addAll(List.of(more));
    return command(words.toArray(String[]::new));
  }

  /** What "mailraft why" says of a message. */
  String why(String id) {
    return command("why", id).text();
  }

  int arrived(String domain) {
    return sends.getOrDefault(domain, List.of()).size();
  }

  List<InetAddress> sources() {
    return taken.stream().map(received -> received.peer().getAddress()).toList();
  }

  /** How much any window exceeds rate x W + burst, in sends; 0 or less: none does. */
  static double excess(List<Long> times, double perSecond, int burst) {
    double spacing = 1e9 / perSecond;
    double worst = Double.NEGATIVE_INFINITY;
    double due = Double.NEGATIVE_INFINITY;
    List<Long> sorted = new ArrayList<>(times);
    sorted.sort(null);
    for (long at : sorted) {
      worst = Math.max(worst, (due - (burst - 1) * spacing - (double) at) / spacing);
      due = Math.max(due, (double) at) + spacing;
    }
    return worst;
  }

  @Override
  public void close() throws IOException {
    try (sink;
        cluster) {
      // Both end here, whichever fails.
    }
  }
}
