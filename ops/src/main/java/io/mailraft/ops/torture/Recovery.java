package io.mailraft.ops.torture;

import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * After each round: every node runs, is ready within a bound, and takes mail that ends. What ended
 * without a reason, or does not come back, is a finding.
 */
final class Recovery {
  private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(100);

  private final LocalCluster cluster;
  private final Book book;
  private final Letters letters;
  private final Mending mending;

  /** Longest time for a node to be ready, and for a message to be taken. */
  private final Duration bound;

  private int probes;

  Recovery(LocalCluster cluster, Book book, Letters letters, Mending mending, Duration bound) {
    this.cluster = cluster;
    this.book = book;
    this.letters = letters;
    this.mending = mending;
    this.bound = bound;
  }

  /**
   * Brings the cluster back and looks whether it is.
   *
   * @param mayHaveEnded names of the nodes that had a reason to end, over their disk
   * @param lost what nodes have lost of their data, by their names
   */
  List<Finding> recover(Set<String> mayHaveEnded, Map<String, Loss> lost)
      throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    for (NodeProcess node : cluster.nodes()) {
      if (lost.containsKey(node.id())) {
        continue;
      }
      if (mayHaveEnded.contains(node.id())) {
        awaitDecided(node);
      }
      if (!node.isAlive()) {
        Set<Integer> right = mayHaveEnded.contains(node.id()) ? Set.of(Ends.DISK) : Set.of();
        Ends.unlike(node, right).ifPresent(findings::add);
        node.start();
      }
    }
    // Once all others run: a node that rejoins needs to hear from them.
    for (Map.Entry<String, Loss> loss : lost.entrySet()) {
      findings.addAll(mending.mend(cluster.node(loss.getKey()), loss.getValue()));
    }
    for (NodeProcess node : cluster.nodes()) {
      try {
        Await.until(
            bound,
            node.id() + " is ready",
            () -> !node.isAlive() || cluster.httpStatus(node, "/readyz") == 200);
        probe(node);
        Ends.unlike(node, Set.of()).ifPresent(findings::add);
      } catch (TimeoutException e) {
        findings.add(new Finding(Check.PROGRESS, String.valueOf(e.getMessage())));
      }
    }
    return findings;
  }

  /** Waits until a node that may be about to end has ended, or works. */
  private void awaitDecided(NodeProcess node) throws InterruptedException {
    long end = System.nanoTime() + bound.toNanos();
    while (node.isAlive() && !works(node) && System.nanoTime() - end < 0) {
      Run.hold(RETRY_PAUSE.toMillis());
    }
  }

  private boolean works(NodeProcess node) {
    try {
      return cluster.status(node).getReady();
    } catch (UnreachableException e) {
      return false; // It is starting or ending: it is asked again.
    }
  }

  /** Hands in a message at the node until it takes it, or has ended. */
  private void probe(NodeProcess node) throws InterruptedException, TimeoutException {
    Mail mail = letters.letter(probes++);
    book.planned(mail);
    long end = System.nanoTime() + bound.toNanos();
    String trouble = "";
    while (System.nanoTime() - end < 0) {
      if (!node.isAlive()) {
        return;
      }
      try (SmtpSession session = SmtpSession.open(node.smtp(), REPLY_TIMEOUT)) {
        SmtpSession.Submitted submitted = session.submit(mail);
        if (submitted instanceof SmtpSession.Submitted.Accepted) {
          book.accepted(mail);
          return;
        }
        trouble = submitted.toString();
        boolean stored =
            switch (submitted) {
              case SmtpSession.Submitted.Accepted _ -> true;
              case SmtpSession.Submitted.Refused refused -> refused.afterDot();
              case SmtpSession.Submitted.Broken broken -> broken.afterDot();
            };
        if (stored) {
          book.inDoubt(mail);
        }
      } catch (IOException e) {
        trouble = String.valueOf(e.getMessage());
      }
      Run.hold(RETRY_PAUSE.toMillis());
    }
    throw new TimeoutException(
        node.id() + " took no mail for " + bound.toSeconds() + " s after the faults: " + trouble);
  }
}
