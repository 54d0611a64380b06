package io.mailraft.queue.quota;

import io.mailraft.api.link.AskQuota;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.Group;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control leader's answer to questions for units of quotas, which is in the log. What was asked
 * while the last decision was on its way, or within {@link #GAP} of it, is one log entry.
 */
public final class QuotaDesk implements Group.Listener {
  private static final Logger log = LoggerFactory.getLogger(QuotaDesk.class);

  /** Least time between two decisions. */
  static final Duration GAP = Duration.ofMillis(250);

  private final Group group;
  private final QuotaTable table;
  private final Function<Counter, OptionalInt> limits;
  private final Supplier<Map<Integer, Long>> live;
  private final InstantSource time;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService timer;

  /** Present while this node leads. */
  private Optional<QuotaAllotter> allotter = Optional.empty();

  private boolean busy;
  private boolean timed;
  private long lastNanos;

  /**
   * @param limits the limit of a counter by the cluster document as it is
   * @param live epochs of the live nodes by number
   * @param time the group's
   * @param nanoClock monotonic time, nanoseconds
   * @param timer its threads must not be blocked, and are not
   */
  public QuotaDesk(
      Group group,
      QuotaTable table,
      Function<Counter, OptionalInt> limits,
      Supplier<Map<Integer, Long>> live,
      InstantSource time,
      LongSupplier nanoClock,
      ScheduledExecutorService timer) {
    this.group = group;
    this.table = table;
    this.limits = limits;
    this.live = live;
    this.time = time;
    this.nanoClock = nanoClock;
    this.timer = timer;
    this.lastNanos = nanoClock.getAsLong() - GAP.toNanos();
    group.onLeadership(this);
  }

  @Override
  public synchronized void leading(long term) {
    busy = false;
    allotter = Optional.of(new QuotaAllotter(table, limits, nanoClock.getAsLong()));
  }

  @Override
  public synchronized void following(Optional<String> leader) {
    allotter = Optional.empty();
  }

  /** Takes questions; ignored while this node does not lead, since they are asked again. */
  public void ask(AskQuota asks) {
    synchronized (this) {
      if (allotter.isEmpty()) {
        return;
      }
      long now = nanoClock.getAsLong();
      asks.getQuestionsList()
          .forEach(
              asked ->
                  allotter
                      .get()
                      .ask(
                          new QuotaAllotter.Question(asks.getNode(), asks.getEpoch(), asked, now)));
    }
    decide();
  }

  private synchronized void decide() {
    if (allotter.isEmpty() || busy || timed || !allotter.get().waits()) {
      return;
    }
    QuotaAllotter leading = allotter.get();
    long now = nanoClock.getAsLong();
    long wait = lastNanos + GAP.toNanos() - now;
    if (wait > 0) {
      later(wait);
      return;
    }
    lastNanos = now;
    GiveQuota decision = leading.decide(time.millis(), now, live.get());
    if (decision.getGrantsCount() == 0
        && decision.getRecalledCount() == 0
        && decision.getForgottenCount() == 0) {
      if (leading.waits()) {
        later(GAP.toNanos());
      }
      return;
    }
    // The next decision reads the table, so this one must be in it, or be known to be lost.
    busy = true;
    var _ =
        group
            .propose(Record.newBuilder().setGiveQuota(decision).build())
            .whenComplete(
                (answer, trouble) -> {
                  if (trouble != null) {
                    log.debug("units of quotas were not given: {}", trouble.toString());
                  }
                  over(leading);
                });
  }

  private void over(QuotaAllotter proposer) {
    synchronized (this) {
      if (allotter.filter(proposer::equals).isEmpty()) {
        return; // Another term's: this one's own proposal may be on its way.
      }
      busy = false;
    }
    decide();
  }

  private void later(long nanos) {
    try {
      timed = true;
      var _ =
          timer.schedule(
              () -> {
                synchronized (this) {
                  timed = false;
                }
                decide();
              },
              nanos,
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.trace("stopping", e);
    }
  }
}
