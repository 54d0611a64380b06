package io.mailraft.queue.throttle;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.SendGrant;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Function;

/**
 * One leader's choice of who gets which slots. It knows the table as it was at the takeover and
 * what it has proposed since.
 *
 * <p>Slots up to a second ahead are shared evenly by the nodes that asked for the same counter
 * within the last two seconds; what one of them did not ask for is the others'. Where all of them
 * are given, a node gets the next one, whenever that is due: who asks first is served first.
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

  /** A counter is looked at again by then, whatever it waits for: the document may change. */
  private static final long LOOK_AGAIN_NANOS = Duration.ofHours(1).toNanos();

  private static final long BUDGET_GRANT_MAX = 1000;

  private final Map<String, Counter> counters = new HashMap<>();

  /** Each counter once, by when it may be forgotten at the earliest. */
  private final PriorityQueue<Look> looks = new PriorityQueue<>(Comparator.comparingLong(Look::at));

  private final Function<String, Optional<Pace>> paces;

  /**
   * A node's question.
   *
   * @param node its number
   * @param epoch its lease
   * @param arrivedNanos when it arrived, by the leader's monotonic clock
   */
  record Question(int node, long epoch, SendQuestion asked, long arrivedNanos) {}

  /** When a node last asked, and for how many. */
  private record Demand(long at, int sends) {}

  /** When a counter is looked at, whether it can be forgotten. */
  private record Look(long at, String counter) {}

  private static final class Counter {
    private final Map<Integer, Demand> askers = new HashMap<>(4);
    private long next;
    private long askedAt;

    private Counter(long next, long askedAt) {
      this.next = next;
      this.askedAt = askedAt;
    }

    /** Of so many slots what one node may have, the others' wishes counted. */
    private long part(int node, long slots) {
      long even = slots / askers.size();
      long others = 0;
      for (Map.Entry<Integer, Demand> other : askers.entrySet()) {
        others += other.getKey() == node ? 0 : Math.min(even, other.getValue().sends());
      }
      return Math.max(Math.ceilDiv(slots, askers.size()), slots - others);
    }
  }

  /**
   * @param next the next slot of every counter
   * @param paces the pace of a counter by the cluster document as it is
   * @param now of the throttle clock
   */
  Allotter(Map<String, Long> next, Function<String, Optional<Pace>> paces, long now) {
    this.paces = paces;
    next.forEach((name, slot) -> add(name, slot, now));
  }

  private Counter add(String name, long next, long now) {
    Counter counter = new Counter(next, now);
    counters.put(name, counter);
    looks.add(new Look(now + IDLE_NANOS, name));
    return counter;
  }

  /**
   * Decides about questions; those for counters without a pace get nothing.
   *
   * @param now of the throttle clock
   * @param nanos the leader's monotonic clock, read before {@code now}
   */
  GiveSends decide(List<Question> questions, long now, long nanos) {
    GiveSends.Builder decision = GiveSends.newBuilder().setClockNanos(now);
    for (Question question : questions) {
      paces
          .apply(question.asked().getCounter())
          .flatMap(pace -> grant(question, pace, now))
          .ifPresent(
              grant ->
                  decision.addGrants(
                      grant.setWaitedNanos(Math.max(0, nanos - question.arrivedNanos()))));
    }
    forget(decision, now);
    return decision.build();
  }

  private Optional<SendGrant.Builder> grant(Question question, Pace pace, long now) {
    String name = question.asked().getCounter();
    Counter known = counters.get(name);
    Counter counter = known == null ? add(name, Long.MIN_VALUE, now) : known;
    counter.askedAt = now;
    counter.askers.put(question.node(), new Demand(now, question.asked().getSends()));
    counter.askers.values().removeIf(demand -> now - demand.at() > ASKS_FOR_NANOS);
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
    long part = counter.part(question.node(), ahead);
    int count = (int) Math.clamp(part, 1L, Math.max(1L, question.asked().getSends()));
    return Optional.of(give(question, pace, counter, first, count));
  }

  /**
   * A twentieth of a day's sends at most, so that a node that dies does not take many along; what
   * is wanted on a day without a limit.
   */
  private static Optional<SendGrant.Builder> ofBudget(
      Question question, Pace pace, Counter counter, long budget) {
    long first = Math.max(0, counter.next);
    long most =
        budget >= Pace.UNLIMITED
            ? Integer.MAX_VALUE
            : Math.clamp(budget / 20, 1L, BUDGET_GRANT_MAX);
    long count = Math.min(Math.min(most, question.asked().getSends()), budget - first);
    return count <= 0
        ? Optional.empty()
        : Optional.of(give(question, pace, counter, first, (int) count));
  }

  private static SendGrant.Builder give(
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
        .setLatenessNanos(pace.latenessNanos());
  }

  /**
   * A counter whose next slot is older than any that would be given is as good as a new one. A
   * day's is kept for as long as it counts.
   */
  private void forget(GiveSends.Builder decision, long now) {
    for (int looked = 0; looked < FORGET_LOOKS_MAX; looked++) {
      Look look = looks.peek();
      if (look == null || look.at() > now) {
        return;
      }
      looks.remove();
      Counter counter = counters.get(look.counter());
      if (counter == null) {
        continue;
      }
      long at = forgettableAt(look.counter(), counter);
      if (at <= now) {
        decision.addForgotten(look.counter());
        counters.remove(look.counter());
      } else {
        looks.add(new Look(Math.min(at, now + LOOK_AGAIN_NANOS), look.counter()));
      }
    }
  }

  private long forgettableAt(String name, Counter counter) {
    Optional<Pace> pace = paces.apply(name);
    if (pace.isPresent() && pace.get().budget().isPresent()) {
      return Long.MAX_VALUE;
    }
    // Its next slot is before what would be given by more than nothing.
    long past = counter.next + pace.map(Pace::latenessNanos).orElse(0L) + 1;
    return Math.max(past, counter.askedAt + IDLE_NANOS);
  }
}
