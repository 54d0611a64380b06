package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.Mail;
import io.mailraft.testkit.SmtpSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The book of a run's mail: what was handed in, what was accepted, and how each delivery ended at
 * the sink, taken or refused for good. Unlike the ledger of the chaos kit it knows of refusals, of
 * replies that the sink did not send, and of harm that lasts.
 *
 * <p>A delivery that ends more than once is excused as many times as there is a cause: each
 * submission in doubt, each end whose reply did not leave the sink, each end around which its node
 * or the path was harmed, and, for the last one alone, an attempt that a frozen node had begun.
 */
final class Book {
  static final int MESSAGES_MAX = 2_000_000;
  private static final int TROUBLES_MAX = 8;

  private record End(String node, long nanos, boolean taken, boolean replied) {}

  private static final class Entry {
    final String mailFrom;
    final String bodySha256;
    final int recipients;
    final Map<String, List<End>> ends;
    boolean accepted;
    int doubts;

    Entry(Mail mail) {
      this.mailFrom = mail.mailFrom();
      this.bodySha256 = mail.bodySha256();
      this.recipients = mail.recipients().size();
      this.ends = new LinkedHashMap<>(4);
      mail.recipients().forEach(recipient -> ends.put(recipient, List.of()));
    }

    long ended() {
      return ends.values().stream().filter(list -> !list.isEmpty()).count();
    }
  }

  private final Harms harms;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, Integer> endsByNode = new HashMap<>();
  private final List<String> troubles = new ArrayList<>();
  private int acceptedMessages;
  private int acceptedDeliveries;
  private int endedDeliveries;
  private int altered;
  private int unexpected;

  Book(Harms harms) {
    this.harms = harms;
  }

  /** Notes a message before its first attempt. */
  synchronized void planned(Mail mail) {
    if (entries.size() == MESSAGES_MAX) {
      throw new IllegalStateException("a run has at most " + MESSAGES_MAX + " messages");
    }
    if (entries.putIfAbsent(mail.id(), new Entry(mail)) != null) {
      throw new IllegalArgumentException(mail.id() + " is planned already");
    }
  }

  /** Notes a 250. */
  synchronized void accepted(Mail mail) {
    Entry entry = entry(mail.id());
    if (!entry.accepted) {
      entry.accepted = true;
      acceptedMessages++;
      acceptedDeliveries += entry.recipients;
      endedDeliveries += Math.toIntExact(entry.ended());
    }
    notifyAll();
  }

  /** Notes an attempt whose final dot may have left and that got no 250. */
  synchronized void inDoubt(Mail mail) {
    entry(mail.id()).doubts++;
  }

  /** Notes a message that the sink took, and whether it told so. */
  void taken(SmtpSink.Received received, boolean replied) {
    Optional<Mail.Seen> seen = Mail.seen(received.content());
    synchronized (this) {
      for (String recipient : received.recipients()) {
        Optional<Entry> found = seen.map(s -> entries.get(s.id()));
        if (found.isEmpty() || !found.get().ends.containsKey(recipient)) {
          unexpected++;
          trouble("unexpected: " + seen.map(Mail.Seen::id).orElse("no id") + " for " + recipient);
          continue;
        }
        Entry entry = found.get();
        if (!entry.bodySha256.equals(seen.orElseThrow().bodySha256())
            || !entry.mailFrom.equals(received.mailFrom())) {
          altered++;
          trouble("altered: " + seen.orElseThrow().id() + " for " + recipient);
        }
        ended(entry, recipient, new End(nodeOf(received.helo()), now(), true, replied));
      }
      notifyAll();
    }
  }

  /** Notes that the sink refuses a delivery for good. */
  synchronized void refused(String id, String recipient, String helo) {
    Entry entry = entries.get(id);
    if (entry == null || !entry.ends.containsKey(recipient)) {
      unexpected++;
      trouble("unexpected, and refused: " + id + " for " + recipient);
      return;
    }
    ended(entry, recipient, new End(nodeOf(helo), now(), false, true));
    notifyAll();
  }

  private void ended(Entry entry, String recipient, End end) {
    List<End> before = entry.ends.getOrDefault(recipient, List.of());
    if (before.isEmpty()) {
      entry.ends.put(recipient, List.of(end));
      endedDeliveries += entry.accepted ? 1 : 0;
    } else {
      List<End> all = new ArrayList<>(before);
      all.add(end);
      entry.ends.put(recipient, all);
    }
    endsByNode.merge(end.node(), 1, Integer::sum);
  }

  private static long now() {
    return System.nanoTime();
  }

  /** n1.example is n1. */
  private static String nodeOf(String helo) {
    int dot = helo.indexOf('.');
    return dot < 0 ? helo : helo.substring(0, dot);
  }

  private Entry entry(String id) {
    return Optional.ofNullable(entries.get(id))
        .orElseThrow(() -> new IllegalArgumentException(id + " was not planned"));
  }

  private void trouble(String text) {
    if (troubles.size() < TROUBLES_MAX) {
      troubles.add(text);
    }
  }

  /** Messages accepted so far. */
  synchronized int acceptedMessages() {
    return acceptedMessages;
  }

  /** Accepted deliveries without an end so far. */
  synchronized int open() {
    return acceptedDeliveries - endedDeliveries;
  }

  /** Ends so far that came by this node. */
  synchronized int endsBy(String node) {
    return endsByNode.getOrDefault(node, 0);
  }

  /**
   * Waits until every accepted delivery has an end; false if some have none by then, or nothing has
   * ended for too long.
   */
  synchronized boolean awaitEnded(Duration bound, Duration stall) throws InterruptedException {
    long end = System.nanoTime() + bound.toNanos();
    long moved = System.nanoTime();
    int before = open();
    while (open() > 0) {
      if (open() != before) {
        before = open();
        moved = System.nanoTime();
      }
      long left = Math.min(end, moved + stall.toNanos()) - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /** Adds up. What ends later is not in it, so wait first. To be called once. */
  synchronized Tally tally() {
    int delivered = 0;
    int bounced = 0;
    int doubled = 0;
    int doubledWithoutCause = 0;
    int lost = 0;
    int partial = 0;
    int neverAccepted = unexpected;
    int undecided = 0;
    for (Map.Entry<String, Entry> line : entries.entrySet()) {
      String id = line.getKey();
      Entry entry = line.getValue();
      int ended = Math.toIntExact(entry.ended());
      undecided += !entry.accepted && entry.doubts > 0 ? 1 : 0;
      if (entry.accepted && ended < entry.recipients) {
        lost += entry.recipients - ended;
        trouble("lost: " + id + " " + entry.ends);
      } else if (!entry.accepted && ended > 0 && entry.doubts == 0) {
        neverAccepted += ended;
        trouble("never accepted: " + id);
      } else if (!entry.accepted && ended > 0 && ended < entry.recipients) {
        partial++;
        trouble("stored in part: " + id + " " + entry.ends);
      }
      for (Map.Entry<String, List<End>> delivery : entry.ends.entrySet()) {
        List<End> ends = delivery.getValue();
        if (ends.isEmpty()) {
          continue;
        }
        if (entry.accepted) {
          boolean taken = ends.stream().anyMatch(End::taken);
          delivered += taken ? 1 : 0;
          bounced += taken ? 0 : 1;
        }
        int more = ends.size() - 1;
        int causes = more == 0 ? 0 : causes(entry, ends);
        doubled += Math.min(more, causes);
        if (more > causes) {
          doubledWithoutCause += more - causes;
          trouble("doubled: " + id + " for " + delivery.getKey() + " " + told(ends));
        }
      }
    }
    return new Tally(
        acceptedMessages,
        acceptedDeliveries,
        delivered,
        bounced,
        doubled,
        doubledWithoutCause,
        lost,
        partial,
        altered,
        neverAccepted,
        undecided,
        troubles);
  }

  private int causes(Entry entry, List<End> ends) {
    // One that was never accepted has one stored copy per doubt at most, the first no double.
    int causes = entry.accepted ? entry.doubts : Math.max(0, entry.doubts - 1);
    // The last end needs no excuse: it is the one that was wanted.
    for (End end : ends.subList(0, ends.size() - 1)) {
      causes += !end.replied() || harms.covers(end.node(), end.nanos()) ? 1 : 0;
    }
    End last = ends.getLast();
    boolean needed = causes < ends.size() - 1;
    return causes + (needed && harms.late(last.node(), last.nanos()) ? 1 : 0);
  }

  private static String told(List<End> ends) {
    long first = ends.getFirst().nanos();
    return String.join(
        ", ",
        ends.stream()
            .map(
                end ->
                    "%s by %s%s at +%.3f s"
                        .formatted(
                            end.taken() ? "taken" : "refused",
                            end.node(),
                            end.replied() ? "" : " without a reply",
                            (end.nanos() - first) / 1e9))
            .toList());
  }
}
