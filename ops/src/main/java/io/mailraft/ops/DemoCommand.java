package io.mailraft.ops;

import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.Ledger;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.Verdict;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows a cluster on this machine that loses no mail when its leader is killed. */
@Command(
    name = "demo",
    description = {
      "Starts three nodes and an SMTP sink on this machine, sends mail from several clients,",
      "kills the leader in the middle, restarts it, and prints what became of the mail.",
      "Ends with 0 only if nothing was lost, altered or made up and the replicas are equal.",
      "Uses free ports and removes what it made."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class DemoCommand implements Callable<Integer> {
  private static final int NODES = 3;
  private static final int SESSIONS = 12;
  private static final int MESSAGES_MAX = 1_000_000;
  private static final Duration START_TIME_MAX = Duration.ofSeconds(60);
  private static final Duration ELECTION_TIME_MAX = Duration.ofSeconds(60);
  private static final Duration VERIFY_TIME_MAX = Duration.ofSeconds(60);
  private static final Duration CALL_TIME_MAX = Duration.ofSeconds(10);
  private static final String SHARD = "shard-0";

  @Option(
      names = "--messages",
      paramLabel = "N",
      defaultValue = "3000",
      description = "Number of messages, 100 to 1000000 (default: ${DEFAULT-VALUE}).")
  private int messages;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "What the messages are made from; without it a random one, which is printed.")
  private Optional<Long> seed = Optional.empty();

  @Option(names = "--keep", description = "Keep the directory of config files, data and logs.")
  private boolean keep;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final long begin = System.nanoTime();

  @Override
  public Integer call()
      throws IOException, InterruptedException, TimeoutException, UnreachableException {
    if (messages < 100 || messages > MESSAGES_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--messages is 100 to " + MESSAGES_MAX + ", not " + messages);
    }
    long chosen = seed.orElseGet(() -> ThreadLocalRandom.current().nextLong(1, 1_000_000));
    Ledger ledger = new Ledger();
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(ledger::arrived));
        LocalCluster cluster =
            LocalCluster.create(LocalCluster.Options.of(NODES, sink.port()).withKeep(keep))) {
      say("Files are in %s%s.".formatted(cluster.directory(), keep ? "" : " until the end"));
      say("An SMTP sink, the far end of all mail, listens on 127.0.0.1:%d.".formatted(sink.port()));
      boolean right = run(cluster, ledger, chosen);
      say(right ? "Nothing was lost." : "This is NOT as it must be.");
      return right ? 0 : Main.EXIT_NOT_SO;
    }
  }

  private boolean run(LocalCluster cluster, Ledger ledger, long chosen)
      throws IOException, InterruptedException, TimeoutException, UnreachableException {
    Duration loadTime = Duration.ofSeconds(120 + messages / 50);
    cluster.startAll(START_TIME_MAX);
    for (NodeProcess node : cluster.nodes()) {
      say(node.awaitReadyLine(START_TIME_MAX));
    }
    NodeProcess leader = cluster.awaitLeader(SHARD, ELECTION_TIME_MAX);
    say("%s leads the shard. Process %d.".formatted(leader.id(), leader.pid()));

    say(
        "%d clients hand in %d messages to all nodes, seed %d."
            .formatted(SESSIONS, messages, chosen));
    try (LoadClient load =
        LoadClient.start(
            LoadClient.Options.of(cluster.smtp(), SESSIONS, messages, chosen), ledger)) {
      ledger.awaitAccepted(messages / 3, loadTime);
      say(
          "%d are accepted. SIGKILL for %s, the leader!"
              .formatted(ledger.acceptedMessages(), leader.id()));
      ledger.pathFault(leader.id());
      long killed = System.nanoTime();
      leader.kill();
      NodeProcess successor = cluster.awaitLeader(SHARD, ELECTION_TIME_MAX);
      say("%s leads, %s s later.".formatted(successor.id(), seconds(System.nanoTime() - killed)));
      ledger.awaitAccepted(messages * 2 / 3, loadTime);
      say(
          "%d are accepted. %s is started again."
              .formatted(ledger.acceptedMessages(), leader.id()));
      leader.start();
      int givenUp = load.await(loadTime);
      say("The clients are through; %d messages were given up.".formatted(givenUp));
      cluster.awaitReady(leader, START_TIME_MAX);
    }
    boolean drained = drained(cluster, ledger, loadTime);
    boolean equal = verified(cluster);
    Verdict verdict = ledger.verdict();
    out().println();
    verdict.lines().forEach(out()::println);
    verdict.firstTrouble().ifPresent(trouble -> out().println(Text.printable(trouble)));
    out().println();
    return drained
        && equal
        && verdict.clean()
        && verdict.acceptedMessages() == messages
        && verdict.delivered() == verdict.acceptedDeliveries();
  }

  /** Waits for the last mail; what did not come in time shows up as lost in the verdict. */
  private boolean drained(LocalCluster cluster, Ledger ledger, Duration bound)
      throws InterruptedException {
    try {
      ledger.awaitAllArrived(bound);
      cluster.awaitDrained(bound);
      say("The queue is empty.");
      return true;
    } catch (TimeoutException e) {
      say("The queue did not drain: %s".formatted(e));
      return false;
    }
  }

  private boolean verified(LocalCluster cluster) throws InterruptedException {
    List<VerifyStateResponse> answers = new ArrayList<>();
    try {
      // The node that was away may still be catching up.
      Await.until(
          VERIFY_TIME_MAX,
          "the replicas are equal",
          () -> {
            answers.clear();
            try {
              answers.add(cluster.verifyState(CALL_TIME_MAX));
            } catch (UnreachableException e) {
              return false;
            }
            return VerifyStateCommand.proven(answers.getFirst());
          });
      say("verify-state: all %d replicas agree.".formatted(answers.getFirst().getReplicasCount()));
      return true;
    } catch (TimeoutException e) {
      say("verify-state: %s".formatted(e));
      answers.forEach(response -> VerifyStateCommand.print(response, out()));
      return false;
    }
  }

  private void say(String text) {
    out().println("[" + seconds(System.nanoTime() - begin) + "] " + Text.printable(text));
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%6.2f", nanos / 1e9).strip();
  }
}
