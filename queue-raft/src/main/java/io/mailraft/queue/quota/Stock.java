package io.mailraft.queue.quota;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.QuotaGrant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a node has of one counter: its part of the present window, and how much of that is used.
 * Guarded by the lock of its {@link QuotaBook}.
 */
final class Stock {
  /** A question that was not answered for so long is asked again. */
  static final long ANSWER_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long AHEAD_NANOS = Duration.ofMillis(500).toNanos();
  private static final long IDLE_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long FLOW_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long REFUSED_NANOS = Duration.ofMillis(500).toNanos();
  private static final long AHEAD_LEAST = 8;

  final Counter counter;

  /** Who waits, each with the number of the last question that was asked before it came. */
  final Map<QuotaBook.Waiter, Long> waiters = new LinkedHashMap<>(2);

  private long windowMillis;
  private long part;
  private long used;
  private long limit;

  /** Own time from which on the part may not be used any more. */
  private long validUntil;

  /** Own time at which the window is over for certain. */
  private long overAt;

  private long question;
  private boolean unanswered;
  private boolean askedBare;
  private long askedAt;
  private boolean recalled;
  private long lastUseAt;
  private boolean refused;
  private long refusedUnits;
  private long refusedAt;
  private long flowFrom;
  private long flowNow;
  private long flowBefore;

  Stock(Counter counter, long now) {
    this.counter = counter;
    this.validUntil = now;
    this.overAt = now;
    this.lastUseAt = now;
    this.flowFrom = now;
  }

  /** Units that mail can take now. */
  long free(long now) {
    return validUntil - now > 0 ? part - used : 0;
  }

  /** Takes free units. */
  void use(long units, long now) {
    used += units;
    lastUseAt = now;
    roll(now);
    flowNow += units;
  }

  /** Takes units back that were used in a window. */
  void unuse(long units, long ofWindowMillis) {
    if (ofWindowMillis == windowMillis) {
      used -= units;
    }
  }

  long windowMillis() {
    return windowMillis;
  }

  /** Whether it was said a moment ago that there is no room for so many units. */
  boolean refuses(long units, long now) {
    return refused && units >= refusedUnits && now - refusedAt < REFUSED_NANOS && overAt - now > 0;
  }

  /** Number of the last question. */
  long question() {
    return question;
  }

  OverQuotaException refusal(long now) {
    long seconds = Math.ceilDiv(Math.max(1, overAt - now), TimeUnit.SECONDS.toNanos(1));
    return new OverQuotaException(counter, limit, Duration.ofSeconds(seconds));
  }

  void recall() {
    recalled = true;
  }

  private void roll(long now) {
    if (now - flowFrom >= FLOW_NANOS) {
      flowBefore = now - flowFrom >= 2 * FLOW_NANOS ? 0 : flowNow;
      flowNow = 0;
      flowFrom = now;
    }
  }

  private long flow(long now) {
    roll(now);
    return Math.max(flowNow, flowBefore);
  }

  /** Whether there is something to ask or to say. */
  boolean due(long now) {
    if (unanswered && now - askedAt < ANSWER_NANOS) {
      return recalled && !askedBare;
    }
    if (recalled || unanswered || !waiters.isEmpty()) {
      return true;
    }
    long free = free(now);
    if (free > 0 && now - lastUseAt >= IDLE_NANOS) {
      return true;
    }
    return now - askedAt >= AHEAD_NANOS && free > 0 && free < flow(now) / 2;
  }

  /** The question that is due, with the node's next number. */
  QuotaQuestion ask(long number, long now) {
    long waiting = 0;
    long least = Long.MAX_VALUE;
    for (QuotaBook.Waiter waiter : waiters.keySet()) {
      long units = waiter.units(counter);
      waiting += units;
      least = Math.min(least, units);
    }
    long flow = flow(now) * 5 / 4;
    boolean idle = now - lastUseAt >= IDLE_NANOS;
    boolean ahead = waiters.isEmpty() && !recalled && !idle;
    boolean wants = !waiters.isEmpty() || ahead;
    askedBare = !ahead;
    if (askedBare) {
      part = used;
    }
    question = number;
    unanswered = wants;
    askedAt = now;
    recalled = false;
    return QuotaQuestion.newBuilder()
        .setCounter(counter.name())
        .setQuestion(number)
        .setWindowMillis(windowMillis)
        .setUsed(used)
        .setKeep(part)
        .setLeast(waiters.isEmpty() ? (wants ? 1 : 0) : least)
        .setWaiting(waiting)
        .setWanted(wants ? waiting + Math.max(flow, AHEAD_LEAST) : 0)
        .build();
  }

  /**
   * Takes an answer.
   *
   * @param decidedMillis the group's time at the decision, which lies between the question and now
   * @return whether it is that to the last question
   */
  boolean given(QuotaGrant grant, long decidedMillis, long now) {
    if (!unanswered || grant.getQuestion() != question) {
      return false;
    }
    unanswered = false;
    if (grant.getWindowMillis() != windowMillis) {
      windowMillis = grant.getWindowMillis();
      used = 0;
    }
    part = grant.getPart();
    limit = grant.getLimit();
    long leftNanos =
        TimeUnit.MILLISECONDS.toNanos(windowMillis + counter.lengthMillis() - decidedMillis);
    validUntil = askedAt + leftNanos;
    overAt = now + leftNanos;
    refused = grant.getLast();
    refusedAt = now;
    refusedUnits = free(now) + 1;
    return true;
  }

  /** The group's time has come so far. */
  void passed(long millis, long now) {
    if (validUntil - now > 0 && windowMillis + counter.lengthMillis() <= millis) {
      validUntil = now;
      overAt = now;
    }
  }

  /** Whether it can be forgotten. */
  boolean idle(long now) {
    return waiters.isEmpty() && !unanswered && now - overAt > IDLE_NANOS;
  }

  /** Whether it must be looked at again soon. */
  boolean active(long now) {
    return unanswered || recalled || !waiters.isEmpty() || free(now) > 0;
  }
}
