package io.mailraft.queue.quota;

import io.mailraft.api.link.AskQuota;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.GatheredDecisions;
import io.mailraft.queue.raft.Group;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** One control leader's answer to questions for units of quotas. */
public final class QuotaDesk implements GatheredDecisions.Decider<AskQuota> {
  /** Least time between two decisions. */
  static final Duration GAP = Duration.ofMillis(250);

  private final QuotaAllotter allotter;
  private final Supplier<Map<Integer, Long>> live;
  private final InstantSource time;

  private QuotaDesk(QuotaAllotter allotter, Supplier<Map<Integer, Long>> live, InstantSource time) {
    this.allotter = allotter;
    this.live = live;
    this.time = time;
  }

  /**
   * The answers of the group's leader, whenever that is this node.
   *
   * @param limits the limit of a counter by the cluster document as it is
   * @param live epochs of the live nodes by number
   * @param time the group's
   * @param nanoClock monotonic time, nanoseconds
   * @param timer its threads must not be blocked, and are not
   */
  public static GatheredDecisions<AskQuota> of(
      Group group,
      QuotaTable table,
      Function<Counter, OptionalInt> limits,
      Supplier<Map<Integer, Long>> live,
      InstantSource time,
      LongSupplier nanoClock,
      ScheduledExecutorService timer) {
    return GatheredDecisions.of(
        group,
        () -> new QuotaDesk(new QuotaAllotter(table, limits, nanoClock.getAsLong()), live, time),
        GAP,
        nanoClock,
        timer);
  }

  @Override
  public void ask(AskQuota asks, long nowNanos) {
    asks.getQuestionsList()
        .forEach(
            asked ->
                allotter.ask(
                    new QuotaAllotter.Question(asks.getNode(), asks.getEpoch(), asked, nowNanos)));
  }

  @Override
  public boolean waits() {
    return allotter.waits();
  }

  @Override
  public Optional<Record> decide(long nowNanos) {
    GiveQuota decision = allotter.decide(time.millis(), nowNanos, live.get());
    boolean says =
        decision.getGrantsCount() > 0
            || decision.getRecalledCount() > 0
            || decision.getForgottenCount() > 0;
    return says
        ? Optional.of(Record.newBuilder().setGiveQuota(decision).build())
        : Optional.empty();
  }

  @Override
  public void close() {
    // What it knows beside the table goes with it.
  }
}
