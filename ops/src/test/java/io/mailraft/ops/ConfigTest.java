package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.admin.RouteRequest;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.Ports;
import io.mailraft.testkit.Script;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Help.Ansi;

/** {@code mailraft config} against three nodes. */
class ConfigTest {
  private static final int ROUNDS = 5;
  private static final Duration IN_FORCE = Duration.ofSeconds(1);
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(30);
  private static final Pattern VERSION = Pattern.compile("^version: [0-9]+$", Pattern.MULTILINE);

  @TempDir private Path directory;

  /** What a command printed and ended with. */
  private record Ended(int code, String out, String err) {}

  private static Ended command(NodeProcess node, String... args) {
    List<String> words = new ArrayList<>(Arrays.asList(args));
    words.addAll(List.of("--server", "127.0.0.1:" + node.admin().getPort(), "--timeout", "60"));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Main.run(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            Ansi.OFF,
            words.toArray(String[]::new));
    return new Ended(code, out.toString(), err.toString());
  }

  private Ended apply(NodeProcess node, String text, String... more) throws Exception {
    Path file = Files.writeString(directory.resolve("cluster.yaml"), text);
    List<String> words = new ArrayList<>(List.of("config", "apply", "-f", file.toString()));
    words.addAll(Arrays.asList(more));
    return command(node, words.toArray(String[]::new));
  }

  private static String get(NodeProcess node, String... more) {
    List<String> words = new ArrayList<>(List.of("config", "get"));
    words.addAll(Arrays.asList(more));
    Ended ended = command(node, words.toArray(String[]::new));
    assertThat(ended.code()).as(ended.err()).isZero();
    return ended.out();
  }

  private static String version(String text) {
    var matcher = VERSION.matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group();
  }

  /** The zone that a node routes mail from a domain to. */
  private static String zoneOf(NodeProcess node, String domain) {
    Ended ended = command(node, "route", "--from", "a@" + domain, "--to", "b@other.example");
    assertThat(ended.code()).as(ended.err()).isZero();
    return ended.out().lines().skip(1).findFirst().orElse("").split(" +", -1)[1];
  }

  private static String zone(String name, int port, String domain) {
    return "  %s: { host: 127.0.0.1, port: %d, senderDomains: [%s] }\n"
        .formatted(name, port, domain);
  }

  private static Mail mail(String id, String sender) {
    return Mail.withContent(
        id,
        sender,
        List.of("b@other.example"),
        (Mail.ID_HEADER + ": " + id + "\r\n\r\nbody\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void a_document_is_in_force_on_every_node_within_a_second_and_sessions_go_on() throws Exception {
    try (ClusterRun run = ClusterRun.start("config-apply", 3)) {
      List<NodeProcess> nodes = run.cluster.nodes();
      String first = get(nodes.getFirst());
      assertThat(first).startsWith("version: 1\nzones:\n");
      try (AdminClient one = admin(nodes.get(0));
          AdminClient two = admin(nodes.get(1));
          AdminClient three = admin(nodes.get(2));
          SmtpSession session = run.session(nodes.getLast())) {
        List<AdminClient> clients = List.of(one, two, three);
        List<Duration> times = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
          String domain = "news" + round + ".example";
          Mail mail = mail("round" + round, "a@" + domain);
          NodeProcess asked = nodes.get(round % nodes.size());
          String text = get(asked) + zone("news", run.sink.port(), domain);
          Ended ended = apply(asked, text.replaceAll("(?m)^  news: .*\n(?=  news)", ""));
          assertThat(ended.code()).as(ended.err()).isZero();
          assertThat(ended.out())
              .contains("+  news: { host")
              .contains("Version %d replaces version %d.".formatted(round + 2, round + 1));
          times.add(untilRouted(clients, domain));
          run.ledger.planned(mail);
          assertThat(session.submit(mail)).isInstanceOf(SmtpSession.Submitted.Accepted.class);
          run.ledger.accepted(mail, nodes.getLast().id(), Duration.ZERO);
        }
        System.err.println("in force on all nodes after " + times);
        // One in the middle: this machine may be busy with something else for a while.
        assertThat(times.stream().sorted().toList().get(ROUNDS / 2)).isLessThan(IN_FORCE);
        session.quit();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  private static AdminClient admin(NodeProcess node) {
    return AdminClient.of(node.admin().getAddress().getHostAddress(), node.admin().getPort());
  }

  /** How long it takes from here until every node routes mail from the domain to the zone news. */
  private static Duration untilRouted(List<AdminClient> clients, String domain) throws Exception {
    RouteRequest question =
        RouteRequest.newBuilder().setSender("a@" + domain).addRecipients("b@other.example").build();
    long begin = System.nanoTime();
    for (AdminClient client : clients) {
      Await.until(
          ClusterRun.BOUND,
          "every node routes by the document",
          () -> {
            try {
              return client.route(question, ClusterRun.BOUND).getRoutes(0).getZone().equals("news");
            } catch (UnreachableException | RefusedException e) {
              throw new AssertionError(e);
            }
          });
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  @Test
  void operators_do_not_overwrite_each_other_and_nothing_wrong_gets_in() throws Exception {
    try (ClusterRun run = ClusterRun.start("config-conflict", 3)) {
      NodeProcess one = run.cluster.node("n1");
      NodeProcess other = run.cluster.node("n3");
      String seen = get(one);
      int port = run.sink.port();

      assertThat(apply(one, seen + zone("eu", port, "eu.example"), "--author", "ann").code())
          .isZero();
      Ended second = apply(other, seen + zone("us", port, "us.example"), "--author", "bob");
      assertThat(second.code()).isEqualTo(1);
      assertThat(second.out()).isEmpty();
      assertThat(second.err())
          .startsWith(
              "the cluster document is at version 2, by ann, and this was made from version 1.")
          .contains("+  eu: { host: 127.0.0.1")
          .doesNotContain("us.example");
      assertThat(get(other)).startsWith("version: 2\n").contains("eu.example");

      Ended wrong =
          apply(
              one,
              get(one)
                  + "  us:\n    pool: [{ address: 224.0.0.1 }]\nthrottles: { a.example: {} }\n");
      assertThat(wrong.code()).isEqualTo(2);
      long lines = get(one).lines().count();
      assertThat(wrong.err().lines())
          .containsExactly(
              "%s:%d: zones.us.pool[0].address: 224.0.0.1 is no address to send from; give one that a node owns"
                  .formatted(directory.resolve("cluster.yaml"), lines + 2),
              "%s:%d: throttles.a.example: limits nothing; give rate, like 600/minute, or connections, or both"
                  .formatted(directory.resolve("cluster.yaml"), lines + 3));

      Ended dry = apply(other, get(other) + zone("us", port, "us.example"), "--dry-run");
      assertThat(dry.code()).isZero();
      assertThat(dry.out()).contains("+  us: ").contains("Dry run: this would be version 3.");
      assertThat(get(one)).startsWith("version: 2\n");

      // A refusal is larger than what an HTTP/2 peer takes unless it says otherwise.
      Ended large = apply(one, thousandZones(port));
      assertThat(large.code()).as(large.err()).isZero();
      Ended late = apply(other, "version: 2\nzones: {}\n");
      assertThat(late.code()).isEqualTo(1);
      assertThat(late.err().length()).isGreaterThan(15_000);
      assertThat(late.err()).containsPattern("\\.\\.\\. and [0-9]+ more lines\n$");
      for (NodeProcess node : run.cluster.nodes()) {
        Await.until(
            ClusterRun.BOUND,
            node.id() + " has a thousand zones",
            () -> zoneOf(node, "d3.z500.example").equals("z500"));
      }
      run.assertReplicasEqual();
    }
  }

  private static String thousandZones(int port) {
    return "zones:\n  default: { host: 127.0.0.1, port: %d }\n".formatted(port)
        + IntStream.range(1, 1000)
            .mapToObj(
                n ->
                    "  z%d: { connections: 5, throttle: 100/second, senderDomains: [%s] }\n"
                        .formatted(
                            n,
                            IntStream.range(0, 10)
                                .mapToObj(i -> "d" + i + ".z" + n + ".example")
                                .collect(Collectors.joining(", "))))
            .collect(Collectors.joining());
  }

  @Test
  void a_zone_that_holds_mail_goes_only_if_another_one_takes_it() throws Exception {
    try (ClusterRun run =
        ClusterRun.start(
            "config-reroute",
            3,
            Script.OBEDIENT,
            options ->
                options.withSettings("delivery: { helo: \"${node}.example\", retry: [1h] }\n"))) {
      NodeProcess node = run.cluster.node("n2");
      String plain = get(node);
      int nobody = Ports.free(1).getFirst();
      assertThat(apply(node, plain + zone("old", nobody, "old.example")).code()).isZero();
      Await.until(
          ClusterRun.BOUND,
          "the zone is routed to",
          () -> zoneOf(node, "old.example").equals("old"));
      Mail mail = mail("held", "a@old.example");
      try (SmtpSession session = run.session(node)) {
        assertThat(session.submit(mail)).isInstanceOf(SmtpSession.Submitted.Accepted.class);
        session.quit();
      }
      Await.until(
          ClusterRun.BOUND,
          "the mail is deferred",
          () -> command(node, "status").out().matches("(?s).*old +0 +0 +1 +0.*"));
      String without = VERSION.matcher(plain).replaceFirst("");
      Ended refused = apply(node, without);
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.err())
          .startsWith("the zone old holds 0 queued, 0 claimed, 1 deferred, 0 held: ");
      assertThat(apply(node, without, "--reroute-to", "nowhere").code()).isEqualTo(2);
      Ended taken = apply(node, without, "--reroute-to", "default");
      assertThat(taken.code()).as(taken.err()).isZero();
      assertThat(taken.out()).contains("Mail of the zone old, which is gone, goes to default.");
      assertThat(get(run.cluster.node("n3"), "-o", "json")).contains("\"old\": \"default\"");
    }
  }

  @Test
  void versions_survive_a_restart_of_all_nodes_and_each_can_come_back() throws Exception {
    try (ClusterRun run = ClusterRun.start("config-history", 3)) {
      NodeProcess one = run.cluster.node("n1");
      String text = "# The first line is ours.\n" + VERSION.matcher(get(one)).replaceFirst("");
      for (String domain : List.of("a.example", "b.example", "c.example")) {
        Ended ended =
            apply(one, text + zone("news", run.sink.port(), domain), "--comment", "to " + domain);
        assertThat(ended.code()).as(ended.err()).isZero();
      }
      Ended history = command(one, "config", "history");
      assertThat(history.out()).containsSubsequence("4  ", "to c.example", "3  ", "2  ", "1  ");
      String third = get(one, "--version", "3");

      for (NodeProcess node : run.cluster.nodes()) {
        assertThat(node.stop(STOP_TIME_MAX)).isZero();
      }
      run.cluster.startAll(ClusterRun.BOUND);
      for (NodeProcess node : run.cluster.nodes()) {
        assertThat(command(node, "config", "history")).isEqualTo(history);
        assertThat(get(node, "--version", "3")).isEqualTo(third);
        assertThat(zoneOf(node, "c.example")).isEqualTo("news");
      }

      Ended back = command(run.cluster.node("n2"), "config", "rollback", "3");
      assertThat(back.code()).as(back.err()).isZero();
      assertThat(back.out()).contains("b.example").contains("Version 5 replaces version 4.");
      for (NodeProcess node : run.cluster.nodes()) {
        Await.until(
            ClusterRun.BOUND,
            node.id() + " routes as before",
            () ->
                zoneOf(node, "b.example").equals("news")
                    && zoneOf(node, "c.example").equals("default"));
        String now = get(node);
        assertThat(version(now)).isEqualTo("version: 5");
        assertThat(now.replace("version: 5", "version: 3")).isEqualTo(third);
      }
      assertThat(command(one, "config", "history").out()).contains("rollback to version 3");
      Ended never = command(one, "config", "rollback", "77");
      assertThat(never.code()).isEqualTo(1);
      assertThat(never.err())
          .isEqualTo("version 77 of the cluster document is not kept here; there are 1 to 5\n");
      run.assertReplicasEqual();
    }
  }
}
