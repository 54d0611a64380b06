package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.admin.NodeStatus;
import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.Ledger;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.ops.chaos.Verdict;
import io.mailraft.ops.faults.TakeDown;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A cluster of real nodes, a sink and a ledger for one test. Keeps the logs in target/cluster-logs.
 */
final class ClusterRun implements AutoCloseable {
  /** Longest wait for anything: so long that only what never happens exceeds it. */
  static final Duration BOUND = Duration.ofSeconds(90);

  static final String SHARD = "shard-0";

  /** A helo name by which the ledger knows the node, and a short wait before the next attempt. */
  static final String QUICK_RETRY = "delivery: { helo: \"${node}.example\", retry: [1s] }\n";

  private static final Duration CALL_TIME_MAX = Duration.ofSeconds(10);

  final Ledger ledger = new Ledger();
  final LocalCluster cluster;
  final SmtpSink sink;
  private final String name;

  private final TakeDown takeDown;

  private ClusterRun(String name, SmtpSink sink, LocalCluster cluster, TakeDown takeDown) {
    this.name = name;
    this.sink = sink;
    this.cluster = cluster;
    this.takeDown = takeDown;
  }

  /** Starts the sink and all nodes. */
  static ClusterRun start(
      String name, int nodes, Script script, UnaryOperator<LocalCluster.Options> options)
      throws Exception {
    return start(name, nodes, script, "127.0.0.1", options);
  }

  /** The same with the sink at another address of this machine. */
  static ClusterRun start(
      String name,
      int nodes,
      Script script,
      String sinkAddress,
      UnaryOperator<LocalCluster.Options> options)
      throws Exception {
    InetAddress address = InetAddress.ofLiteral(sinkAddress);
    List<ClusterRun> made = new ArrayList<>();
    SmtpSink sink =
        SmtpSink.start(
            SmtpSink.Options.of(received -> made.getFirst().ledger.arrived(received))
                .withListen(new InetSocketAddress(address, 0))
                .withScript(script));
    TakeDown takeDown = new TakeDown();
    takeDown.push(sink::close);
    try {
      LocalCluster cluster =
          LocalCluster.create(
              options.apply(
                  LocalCluster.Options.of(nodes, sink.port())
                      .withSink(new InetSocketAddress(address, sink.port()))
                      .withSettings(QUICK_RETRY)));
      takeDown.push(cluster::close);
      ClusterRun run = new ClusterRun(name, sink, cluster, takeDown);
      takeDown.push(run::keepLogs);
      made.add(run);
      cluster.startAll(BOUND);
      return run;
    } catch (Exception e) {
      takeDown.after(e);
      throw e;
    }
  }

  static ClusterRun start(String name, int nodes) throws Exception {
    return start(name, nodes, Script.OBEDIENT, options -> options);
  }

  NodeProcess leader() throws Exception {
    return cluster.awaitLeader(SHARD, BOUND);
  }

  NodeProcess follower() throws Exception {
    NodeProcess leader = leader();
    return cluster.nodes().stream()
        .filter(node -> node.isRunning() && node != leader)
        .findFirst()
        .orElseThrow();
  }

  /** Notes that a node is about to have trouble; the leader's is everybody's (I6). */
  void noteFault(NodeProcess node, NodeProcess leader) {
    if (node == leader) {
      ledger.pathFault(node.id());
    } else {
      ledger.nodeFault(node.id());
    }
  }

  /** Waits until so many more messages are accepted than now. */
  void awaitProgress(int messages) throws Exception {
    ledger.awaitAccepted(ledger.acceptedMessages() + messages, BOUND);
  }

  /** Waits until the asked node says that the other one's lease has lapsed. */
  void awaitLapse(NodeProcess asked, NodeProcess other) throws Exception {
    Await.until(BOUND, "the lease of " + other.id() + " lapsed", () -> !live(asked, other.id()));
  }

  private boolean live(NodeProcess asked, String name) {
    try {
      return cluster.status(asked).getNodesList().stream()
          .filter(node -> node.getName().equals(name))
          .anyMatch(NodeStatus::getLive);
    } catch (UnreachableException e) {
      return true;
    }
  }

  LoadClient load(int messages, long seed) {
    return LoadClient.start(
        LoadClient.Options.of(cluster.smtp(), 8, messages, seed)
            .withMessageTimeMax(BOUND)
            .withReplyTimeout(Duration.ofSeconds(20)),
        ledger);
  }

  SmtpSession session(NodeProcess node) throws IOException {
    return SmtpSession.open(node.smtp(), BOUND);
  }

  /** Hands in a message over a session of its own and demands its 250. */
  void accepted(NodeProcess node, Mail mail) throws IOException {
    ledger.planned(mail);
    long begin = System.nanoTime();
    try (SmtpSession session = session(node)) {
      assertThat(session.submit(mail)).isInstanceOf(SmtpSession.Submitted.Accepted.class);
      ledger.accepted(mail, node.id(), Duration.ofNanos(System.nanoTime() - begin));
      session.quit();
    }
  }

  /** Waits until the queue is empty and demands that nothing is wrong. */
  Verdict settle() throws Exception {
    ledger.awaitAllArrived(BOUND);
    cluster.awaitDrained(BOUND);
    Verdict verdict = ledger.verdict();
    System.err.println(name + ":\n" + verdict);
    assertThat(verdict.clean()).as("%s", verdict).isTrue();
    return verdict;
  }

  /** Waits until all replicas have the same checksum (I8). */
  void assertReplicasEqual() throws Exception {
    assertReplicasEqual(BOUND, CALL_TIME_MAX);
  }

  /**
   * The same for a large state.
   *
   * @param callTimeMax for reading it all once
   */
  void assertReplicasEqual(Duration bound, Duration callTimeMax) throws Exception {
    List<VerifyStateResponse> answers = new ArrayList<>();
    Await.until(
        bound,
        "all replicas are equal",
        () -> {
          answers.clear();
          try {
            answers.add(cluster.verifyState(callTimeMax));
          } catch (UnreachableException e) {
            return false;
          }
          return VerifyStateCommand.proven(answers.getFirst());
        });
    assertThat(
            answers.getFirst().getReplicasList().stream()
                .filter(replica -> replica.getGroup().equals(SHARD)))
        .hasSize(cluster.nodes().size());
  }

  private void keepLogs() throws IOException {
    Path logs =
        Files.createDirectories(
            Path.of(System.getProperty("mailraft.root"), "ops/target/cluster-logs", name));
    for (NodeProcess node : cluster.nodes()) {
      for (Path log : List.of(node.errorLog(), node.outputLog())) {
        if (Files.exists(log)) {
          Files.copy(log, logs.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    takeDown.close();
  }
}
