package io.mailraft.queue.throttle;

import io.mailraft.api.link.AskSends;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.GatheredDecisions;
import io.mailraft.queue.raft.Group;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** One control leader's answer to questions for sends: first come, first served. */
public final class SendDesk implements GatheredDecisions.Decider<AskSends> {
  private static final Duration GAP = Duration.ofMillis(50);
  private static final int GRANTS_MAX = 5000;

  /** What comes beyond is not heard, and asked again. */
  private static final int WAITING_MAX = 200_000;

  private final ThrottleClock clock;
  private final Allotter allotter;
  private final List<Allotter.Question> waiting = new ArrayList<>();

  private SendDesk(SlotTable table, ThrottleClock clock, Function<String, Optional<Pace>> paces) {
    this.clock = clock;
    clock.lead();
    this.allotter = new Allotter(table.next(), paces, clock.read());
  }

  /**
   * The answers of the group's leader, whenever that is this node.
   *
   * @param paces the pace of a counter by the cluster document as it is
   * @param nanoClock monotonic time, nanoseconds
   * @param timer its threads must not be blocked, and are not
   */
  public static GatheredDecisions<AskSends> of(
      Group group,
      SlotTable table,
      ThrottleClock clock,
      Function<String, Optional<Pace>> paces,
      LongSupplier nanoClock,
      ScheduledExecutorService timer) {
    return GatheredDecisions.of(
        group, () -> new SendDesk(table, clock, paces), GAP, nanoClock, timer);
  }

  @Override
  public void ask(AskSends asks, long nowNanos) {
    asks.getQuestionsList().stream()
        .limit(WAITING_MAX - waiting.size())
        .forEach(
            asked ->
                waiting.add(
                    new Allotter.Question(asks.getNode(), asks.getEpoch(), asked, nowNanos)));
  }

  @Override
  public boolean waits() {
    return !waiting.isEmpty();
  }

  @Override
  public Optional<Record> decide(long nowNanos) {
    List<Allotter.Question> first = waiting.subList(0, Math.min(GRANTS_MAX, waiting.size()));
    GiveSends decision = allotter.decide(first, clock.read(), nowNanos);
    first.clear();
    return decision.getGrantsCount() > 0
        ? Optional.of(Record.newBuilder().setGiveSends(decision).build())
        : Optional.empty();
  }

  @Override
  public void close() {
    clock.follow();
  }
}
