package io.mailraft.queue.throttle;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.SendGrant;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One leader's choice of who gets which slots. It knows the table as it was at the takeover and
 * what it has proposed since.
 *
 * <p>A node gets at most its part of the slots up to a second ahead, the nodes that asked for the
 * same counter within the last two seconds counted. Where all of that is given, it gets the next
 * one, whenever that is due: who asks first is served first.
 */
final class Allotter {
  private static final long AHEAD_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long ASKS_FOR_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long IDLE_NANOS = Duration.ofMinutes(1).toNanos();

  /** What is left of a slot's lateness when it is given, at most. */
  private static final long RESERVE_NANOS = Duration.ofMillis(500).toNanos();

  /** A slot that is good for a short time only is given ahead of it. */
  private static final long NOTICE_NANOS = Duration.ofMillis(250).toNanos();

  private static final int FORGET_LOOKS_MAX = 500;
  private static final long BUDGET_GRANT_MAX = 1000;

  /** The counter that was asked for longest ago comes first. */
  private final LinkedHashMap<String, Counter> counters = new LinkedHashMap<>(16, 0.75f, true);

  private final Function<String, Optional<Pace>> paces;

  /**
   * A node's question.
   *
   * @param node its number
   * @param epoch its lease
   */
  record Question(int node, long epoch, SendQuestion asked) {}

  private static final class Counter {
    private final Map<Integer, Long> askers = new HashMap<>(4);
    private long next;
    private long askedAt;

    private Counter(long next, long askedAt) {
      this.next = next;
      this.askedAt = askedAt;
    }
  }

  /**
   * @param next the next slot of every counter
   * @param paces the pace of a counter by the cluster document as it is
   * @param now of the throttle clock
   */
  Allotter(Map<String, Long> next, Function<String, Optional<Pace>> paces, long now) {
    this.paces = paces;
    next.forEach((name, slot) -> counters.put(name, new Counter(slot, now)));
  }

  /**
   * Decides about questions; those for counters without a pace get nothing.
   *
   * @param now of the throttle clock
   */
  GiveSends decide(List<Question> questions, long now) {
    GiveSends.Builder decision = GiveSends.newBuilder().setClockNanos(now);
    for (Question question : questions) {
      paces
          .apply(question.asked().getCounter())
          .flatMap(pace -> grant(question, pace, now))
          .ifPresent(decision::addGrants);
    }
    forget(decision, now);
    return decision.build();
  }

  private Optional<SendGrant> grant(Question question, Pace pace, long now) {
    Counter counter =
        counters.computeIfAbsent(
            question.asked().getCounter(), name -> new Counter(Long.MIN_VALUE, now));
    counter.askedAt = now;
    counter.askers.put(question.node(), now);
    counter.askers.values().removeIf(at -> now - at > ASKS_FOR_NANOS);
    if (pace.budget().isPresent()) {
      return ofBudget(question, pace, counter, pace.budget().getAsLong());
    }
    long lateness = pace.latenessNanos();
    long oldest =
        now
            - (lateness - Math.min(lateness / 2, RESERVE_NANOS))
            + Math.max(0, NOTICE_NANOS - lateness / 2);
    long first = Math.max(counter.next, oldest);
    long ahead = Math.max(0, now + AHEAD_NANOS - first) / pace.spacingNanos();
    long part = Math.ceilDiv(ahead, counter.askers.size());
    int count = (int) Math.clamp(part, 1L, Math.max(1L, question.asked().getSends()));
    return Optional.of(give(question, pace, counter, first, count));
  }

  /** A twentieth of a day's sends at most, so that a node that dies does not take many along. */
  private static Optional<SendGrant> ofBudget(
      Question question, Pace pace, Counter counter, long budget) {
    long first = Math.max(0, counter.next);
    long most = Math.clamp(budget / 20, 1L, BUDGET_GRANT_MAX);
    long count = Math.min(Math.min(most, question.asked().getSends()), budget - first);
    return count <= 0
        ? Optional.empty()
        : Optional.of(give(question, pace, counter, first, (int) count));
  }

  private static SendGrant give(
      Question question, Pace pace, Counter counter, long first, int count) {
    counter.next = first + count * pace.spacingNanos();
    return SendGrant.newBuilder()
        .setCounter(question.asked().getCounter())
        .setNode(question.node())
        .setEpoch(question.epoch())
        .setQuestion(question.asked().getQuestion())
        .setFirstNanos(first)
        .setSpacingNanos(pace.spacingNanos())
        .setCount(count)
        .setLatenessNanos(pace.latenessNanos())
        .build();
  }

  /** A counter whose next slot is older than any that would be given is as good as a new one. */
  private void forget(GiveSends.Builder decision, long now) {
    Iterator<Map.Entry<String, Counter>> eldest = counters.entrySet().iterator();
    for (int looks = 0; looks < FORGET_LOOKS_MAX && eldest.hasNext(); looks++) {
      Map.Entry<String, Counter> entry = eldest.next();
      if (now - entry.getValue().askedAt < IDLE_NANOS) {
        return;
      }
      Optional<Pace> pace = paces.apply(entry.getKey());
      if (pace.isPresent() && pace.get().budget().isPresent()) {
        continue;
      }
      long lateness = pace.map(Pace::latenessNanos).orElse(0L);
      if (entry.getValue().next < now - lateness) {
        decision.addForgotten(entry.getKey());
        eldest.remove();
      }
    }
  }
}
