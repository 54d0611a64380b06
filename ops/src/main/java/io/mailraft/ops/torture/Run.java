package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One run: a cluster, clients at all of its nodes, a fickle sink, rounds of faults as the plan has
 * them, and at the end the checks.
 */
final class Run {
  private static final Duration START_MAX = Duration.ofSeconds(90);
  private static final Duration CLIENTS_MAX = Duration.ofSeconds(60);

  /** The same where something is wrong already, and perhaps no node is left. */
  private static final Duration CLIENTS_MAX_WRONG = Duration.ofSeconds(15);

  private static final int SESSIONS_PER_NODE = 3;
  private static final long PROBE_SEED_OFFSET = 0x5EED_0000_0000L;

  private final Options options;
  private final Consumer<String> out;
  private final Site site;
  private final Harms harms;
  private final Book book;
  private final LocalCluster cluster;
  private final Terms terms;
  private final Striker striker;
  private final Recovery recovery;
  private final Growth growth;
  private final List<Finding> findings = new ArrayList<>();
  private final long begin = System.nanoTime();
  private int rounds;
  private double excusing;

  private Run(Options options, Consumer<String> out, Site site) {
    this.options = options;
    this.out = out;
    this.site = site;
    this.harms = site.harms();
    this.book = site.book();
    this.cluster = site.cluster();
    this.terms = new Terms(cluster, harms);
    Patience patience = options.patience();
    this.striker = new Striker(cluster, site.hands(this::say), harms, terms, patience, this::say);
    this.growth = new Growth(options.nodes(), options.shards() + 1);
    this.recovery =
        new Recovery(
            cluster,
            book,
            new Letters(options.seed() + PROBE_SEED_OFFSET),
            new Mending(cluster, options.shards() + 1, patience.recovery(), this::say),
            patience.recovery());
  }

  /**
   * Does a run.
   *
   * @param out takes what is told of it, line by line
   * @throws Exception if a fault could not be done or undone; what the cluster does wrong is a
   *     finding instead
   */
  static Result perform(Options options, Consumer<String> out) throws Exception {
    try (Site site = Site.create(options)) {
      Run run = new Run(options, out, site);
      Tally tally;
      try {
        tally = run.all();
      } catch (Exception e) {
        try {
          run.say("broken off; logs are in " + site.keepEvidence());
        } catch (IOException second) {
          e.addSuppressed(second);
        }
        throw e;
      }
      Optional<Path> kept = Optional.empty();
      if (!run.findings.isEmpty()) {
        kept = Optional.of(site.keepEvidence());
      }
      return new Result(
          tally,
          run.findings,
          run.rounds,
          run.terms.changes(),
          run.excusing,
          run.growth.most(),
          kept);
    }
  }

  private Tally all() throws Exception {
    say(
        "seed %d, %d nodes, %d shards"
            .formatted(options.seed(), options.nodes(), options.shards()));
    cluster.startAll(START_MAX);
    terms.start();
    try {
      underMail();
      return settle();
    } finally {
      terms.stop();
    }
  }

  private void underMail() throws Exception {
    long from = System.nanoTime();
    int sessions = options.nodes() * SESSIONS_PER_NODE;
    try (Clients clients =
        Clients.start(
            new Letters(options.seed()), book, cluster.smtp(), sessions, options.rate())) {
      rounds();
      Duration bound = findings.isEmpty() ? CLIENTS_MAX : CLIENTS_MAX_WRONG;
      int late = clients.finish(bound);
      if (late > 0 || clients.refusedForGood() > 0) {
        findings.add(
            new Finding(
                Check.PROGRESS,
                late
                    + " messages not accepted within "
                    + bound.toSeconds()
                    + " s after the faults, "
                    + clients.refusedForGood()
                    + " refused for good; last trouble: "
                    + clients.lastTrouble()));
      }
      say("accepted by node: %s".formatted(clients.acceptedByNode()));
    }
    excusing =
        harms.share(
            cluster.nodes().stream().map(NodeProcess::id).toList(), from, System.nanoTime());
  }

  private void rounds() throws Exception {
    Plan plan = options.toBeDone();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(options.seconds());
    try (ExecutorService strikers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Plan.Round round : plan.rounds()) {
        if (System.nanoTime() - end >= 0 || !findings.isEmpty()) {
          return;
        }
        rounds++;
        say("round %d, %s".formatted(rounds, round));
        hold(round.pauseMillis());
        round(round, strikers);
      }
    }
  }

  private void round(Plan.Round round, ExecutorService strikers) throws Exception {
    List<Striker.Struck> struck = new ArrayList<>();
    List<Future<Striker.Struck>> futures = new ArrayList<>();
    for (Blow blow : round.blows()) {
      futures.add(strikers.submit(() -> striker.strike(blow)));
    }
    for (Future<Striker.Struck> future : futures) {
      try {
        struck.add(future.get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof Exception cause ? cause : e;
      }
    }
    Set<String> mayHaveEnded = new HashSet<>();
    Map<String, Loss> lost = new TreeMap<>();
    for (Striker.Struck one : struck) {
      if (one.mayEnd()) {
        mayHaveEnded.addAll(one.nodes());
      }
      lost.putAll(one.lost());
      findings.addAll(one.findings());
    }
    long healed = System.nanoTime();
    List<Finding> twoLeaders = Leaders.findings(cluster.nodes());
    findings.addAll(twoLeaders);
    if (twoLeaders.isEmpty()) {
      // Else a cluster that cannot recover would be waited for.
      findings.addAll(recovery.recover(mayHaveEnded, lost));
    }
    struck.forEach(one -> harms.end(one.harm()));
    for (NodeProcess node : cluster.nodes()) {
      if (node.isAlive()) {
        growth.look(node);
      }
    }
    say(
        "recovered in %.1f s; %d accepted, %d deliveries open"
            .formatted((System.nanoTime() - healed) / 1e9, book.acceptedMessages(), book.open()));
  }

  /** Lets time pass, as a plan or a retry wants it. */
  static void hold(long millis) throws InterruptedException {
    // There is no event to wait for: the time is the point.
    TimeUnit.MILLISECONDS.sleep(millis);
  }

  /** Waits for the end of all mail, and looks at everything. */
  private Tally settle() throws IOException, InterruptedException {
    Patience patience = options.patience();
    site.sink().obey();
    boolean ended = book.awaitEnded(patience.ended(), patience.stall());
    say(ended ? "every delivery has ended" : book.open() + " deliveries have no end");
    findings.addAll(
        Replicas.undrained(cluster, ended ? patience.settled() : Duration.ofSeconds(1)));
    findings.addAll(
        Replicas.findings(cluster, options.nodes() * (options.shards() + 1), patience.settled()));
    terms.stop();
    for (NodeProcess node : cluster.nodes()) {
      if (node.isAlive()) {
        growth.look(node);
      }
      Ends.unlike(node, Set.of()).ifPresent(findings::add);
      findings.addAll(Logs.findings(node));
    }
    Leaders.findings(cluster.nodes()).stream()
        .filter(finding -> !findings.contains(finding))
        .forEach(findings::add);
    findings.addAll(growth.findings());
    site.unplanted().ifPresent(findings::add);
    Tally tally = book.tally();
    say("late attempts of nodes that were frozen, excused: " + harms.late());
    findings.addAll(tally.findings());
    return tally;
  }

  private void say(String text) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    synchronized (out) {
      out.accept(String.format(Locale.ROOT, "[%7.2f] %s", seconds, text));
    }
  }
}
