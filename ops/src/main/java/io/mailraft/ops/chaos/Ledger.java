package io.mailraft.ops.chaos;

import io.mailraft.testkit.SmtpSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * The book of a run: what was handed in, what was accepted, what arrived, and which faults there
 * were. At the end it says what was delivered, doubled, lost, altered or unexpected.
 *
 * <p>A delivery that arrives more than once is excused as many times as there is a cause: each
 * submission whose answer after the final dot was lost or temporary, and each earlier copy around
 * whose arrival its node died or froze, or the path to the shard did (I6). Nodes are told apart by
 * the name in their HELO, {@code n1.example} being that of n1.
 */
public final class Ledger {
  private static final int MESSAGES_MAX = 2_000_000;

  /**
   * A fault can excuse a copy that arrived this long before it: the time in which an outcome may
   * still be on its way to the commit.
   */
  private static final Duration BEFORE_FAULT = Duration.ofSeconds(10);

  /** The same after it: what was in the sink's socket buffers, and what nodes had in hand. */
  private static final Duration AFTER_FAULT = Duration.ofSeconds(5);

  /** What is kept of a message: not its content, of which a run may have more than a heap holds. */
  private static final class Entry {
    final String id;
    final String mailFrom;
    final List<String> recipients;
    final String bodySha256;
    boolean accepted;
    int doubts;
    final Map<String, List<Copy>> copies = new HashMap<>();

    Entry(Mail mail) {
      this.id = mail.id();
      this.mailFrom = mail.mailFrom();
      this.recipients = mail.recipients();
      this.bodySha256 = mail.bodySha256();
    }
  }

  private record Copy(String node, long nanos) {}

  private record Fault(String node, boolean onPath, long nanos) {
    boolean excuses(Copy copy) {
      long late = nanos - copy.nanos();
      return (onPath || node.equals(copy.node()))
          && late <= BEFORE_FAULT.toNanos()
          && late >= -AFTER_FAULT.toNanos();
    }
  }

  private final Map<String, Entry> entries = new HashMap<>();
  private final List<Fault> faults = new ArrayList<>();
  private final Map<String, Integer> acceptedByNode = new HashMap<>();
  private int acceptedMessages;
  private int acceptedDeliveries;
  private int arrivedDeliveries;
  private int altered;
  private int unexpected;
  private Duration longestPause = Duration.ZERO;
  private Optional<String> firstTrouble = Optional.empty();

  /** Notes a message before its first attempt. */
  public synchronized void planned(Mail mail) {
    if (entries.size() == MESSAGES_MAX) {
      throw new IllegalStateException("a run has at most " + MESSAGES_MAX + " messages");
    }
    if (entries.putIfAbsent(mail.id(), new Entry(mail)) != null) {
      throw new IllegalArgumentException(mail.id() + " is planned already");
    }
  }

  /** Notes a 250: which node gave it, and how long after the begin of the first attempt. */
  public synchronized void accepted(Mail mail, String node, Duration pause) {
    Entry entry = entry(mail);
    if (!entry.accepted) {
      entry.accepted = true;
      acceptedMessages++;
      acceptedDeliveries += mail.recipients().size();
      arrivedDeliveries += entry.copies.size();
    }
    acceptedByNode.merge(node, 1, Integer::sum);
    longestPause = pause.compareTo(longestPause) > 0 ? pause : longestPause;
    notifyAll();
  }

  /** Notes an attempt whose final dot may have left and that got no 250. */
  public synchronized void inDoubt(Mail mail) {
    entry(mail).doubts++;
  }

  /**
   * Notes that a node is about to be killed or frozen; around this time its attempts are in doubt.
   */
  public synchronized void nodeFault(String node) {
    faults.add(new Fault(node, false, System.nanoTime()));
  }

  /** Notes that the leader of a shard is about to go; outcomes of every node are in doubt then. */
  public synchronized void pathFault(String leader) {
    faults.add(new Fault(leader, true, System.nanoTime()));
  }

  /** Notes a message that the sink took. Give this to {@link SmtpSink} as its callback. */
  public void arrived(SmtpSink.Received received) {
    Optional<Mail.Seen> seen = Mail.seen(received.content());
    int dot = received.helo().indexOf('.');
    String node = dot < 0 ? received.helo() : received.helo().substring(0, dot);
    synchronized (this) {
      for (String recipient : received.recipients()) {
        arrived(seen, received.mailFrom(), recipient, new Copy(node, System.nanoTime()));
      }
      notifyAll();
    }
  }

  private void arrived(Optional<Mail.Seen> seen, String mailFrom, String recipient, Copy copy) {
    Optional<Entry> found = seen.map(s -> entries.get(s.id()));
    if (found.isEmpty() || !found.get().recipients.contains(recipient)) {
      unexpected++;
      trouble("unexpected: " + seen.map(Mail.Seen::id).orElse("no id") + " for " + recipient);
      return;
    }
    Entry entry = found.get();
    if (!entry.bodySha256.equals(seen.orElseThrow().bodySha256())
        || !entry.mailFrom.equals(mailFrom)) {
      altered++;
      trouble("altered: " + entry.id + " for " + recipient);
    }
    List<Copy> copies = entry.copies.computeIfAbsent(recipient, r -> new ArrayList<>());
    copies.add(copy);
    if (copies.size() == 1 && entry.accepted) {
      arrivedDeliveries++;
    }
  }

  private Entry entry(Mail mail) {
    return Optional.ofNullable(entries.get(mail.id()))
        .orElseThrow(() -> new IllegalArgumentException(mail.id() + " was not planned"));
  }

  private void trouble(String text) {
    if (firstTrouble.isEmpty()) {
      firstTrouble = Optional.of(text);
    }
  }

  /** Messages accepted so far. */
  public synchronized int acceptedMessages() {
    return acceptedMessages;
  }

  /** Waits until so many messages are accepted. */
  public void awaitAccepted(int messages, Duration bound)
      throws InterruptedException, TimeoutException {
    await(bound, messages + " messages are accepted", () -> acceptedMessages >= messages);
  }

  /** Waits until every recipient of every accepted message was served at least once. */
  public void awaitAllArrived(Duration bound) throws InterruptedException, TimeoutException {
    await(bound, "all has arrived", () -> arrivedDeliveries == acceptedDeliveries);
  }

  private synchronized void await(Duration bound, String what, BooleanSupplier condition)
      throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + bound.toNanos();
    while (!condition.getAsBoolean()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new TimeoutException(
            "waited "
                + bound.toSeconds()
                + " s in vain until "
                + what
                + "; accepted "
                + acceptedMessages
                + " messages with "
                + acceptedDeliveries
                + " deliveries, of which "
                + arrivedDeliveries
                + " arrived");
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  /** Adds up. What arrives later is not in it, so wait for the end of the run first. */
  public synchronized Verdict verdict() {
    int delivered = 0;
    int doubled = 0;
    int doubledWithoutCause = 0;
    int lost = 0;
    int partial = 0;
    int neverAccepted = unexpected;
    int undecided = 0;
    Optional<String> trouble = firstTrouble;
    for (Entry entry : entries.values()) {
      undecided += !entry.accepted && entry.doubts > 0 ? 1 : 0;
      int served = entry.copies.size();
      int wanted = entry.recipients.size();
      delivered += entry.accepted ? served : 0;
      if (entry.accepted && served < wanted) {
        lost += wanted - served;
        trouble = trouble.or(() -> Optional.of("lost: " + entry.id));
      } else if (!entry.accepted && served > 0 && entry.doubts == 0) {
        neverAccepted += served;
        trouble = trouble.or(() -> Optional.of("never accepted: " + entry.id));
      } else if (!entry.accepted && served > 0 && served < wanted) {
        partial++;
        trouble = trouble.or(() -> Optional.of("stored in part: " + entry.id));
      }
      for (List<Copy> copies : entry.copies.values()) {
        int more = copies.size() - 1;
        int causes = causes(entry, copies);
        doubled += Math.min(more, causes);
        if (more > causes) {
          doubledWithoutCause += more - causes;
          trouble = trouble.or(() -> Optional.of("doubled: " + entry.id + " " + copies));
        }
      }
    }
    return new Verdict(
        acceptedMessages,
        acceptedDeliveries,
        Map.copyOf(acceptedByNode),
        delivered,
        doubled,
        doubledWithoutCause,
        lost,
        partial,
        altered,
        neverAccepted,
        undecided,
        longestPause,
        trouble);
  }

  private int causes(Entry entry, List<Copy> copies) {
    // A submission that was accepted in the end needs no excuse for itself, only for its doubts;
    // one that never was has one stored copy per doubt at most, the first of which is no double.
    int submissions = entry.accepted ? entry.doubts : Math.max(0, entry.doubts - 1);
    // The last copy needs no excuse: it is the one that was wanted.
    long attempts =
        copies.subList(0, copies.size() - 1).stream()
            .filter(copy -> faults.stream().anyMatch(fault -> fault.excuses(copy)))
            .count();
    return submissions + Math.toIntExact(attempts);
  }
}
