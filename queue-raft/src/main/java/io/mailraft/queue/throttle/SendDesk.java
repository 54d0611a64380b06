package io.mailraft.queue.throttle;

import io.mailraft.api.link.AskSends;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.Group;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control leader's answer to questions for sends, which is in the log. What was asked while the
 * last decision was on its way, or within 50 ms of it, is one log entry.
 */
public final class SendDesk implements Group.Listener {
  private static final Logger log = LoggerFactory.getLogger(SendDesk.class);
  private static final long GAP_NANOS = Duration.ofMillis(50).toNanos();
  private static final int GRANTS_MAX = 5000;

  /** What comes beyond is not heard, and asked again. */
  private static final int WAITING_MAX = 200_000;

  private final Group group;
  private final SlotTable table;
  private final ThrottleClock clock;
  private final Function<String, Optional<Pace>> paces;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService timer;
  private final List<Allotter.Question> waiting = new ArrayList<>();

  /** Present while this node leads. */
  private Optional<Allotter> allotter = Optional.empty();

  private boolean busy;
  private boolean timed;
  private long lastNanos;

  /**
   * @param paces the pace of a counter by the cluster document as it is
   * @param nanoClock monotonic time, nanoseconds
   * @param timer its threads must not be blocked, and are not
   */
  public SendDesk(
      Group group,
      SlotTable table,
      ThrottleClock clock,
      Function<String, Optional<Pace>> paces,
      LongSupplier nanoClock,
      ScheduledExecutorService timer) {
    this.group = group;
    this.table = table;
    this.clock = clock;
    this.paces = paces;
    this.nanoClock = nanoClock;
    this.timer = timer;
    this.lastNanos = nanoClock.getAsLong() - GAP_NANOS;
    group.onLeadership(this);
  }

  @Override
  public synchronized void leading(long term) {
    clock.lead();
    waiting.clear();
    busy = false;
    allotter = Optional.of(new Allotter(table.next(), paces, clock.read()));
  }

  @Override
  public synchronized void following(Optional<String> leader) {
    clock.follow();
    waiting.clear();
    allotter = Optional.empty();
  }

  /** Takes questions; ignored while this node does not lead, since they are asked again. */
  public void ask(AskSends asks) {
    synchronized (this) {
      if (allotter.isEmpty()) {
        return;
      }
      long now = nanoClock.getAsLong();
      asks.getQuestionsList().stream()
          .limit(WAITING_MAX - waiting.size())
          .forEach(
              asked ->
                  waiting.add(new Allotter.Question(asks.getNode(), asks.getEpoch(), asked, now)));
    }
    decide();
  }

  private synchronized void decide() {
    if (allotter.isEmpty() || busy || timed || waiting.isEmpty()) {
      return;
    }
    long now = nanoClock.getAsLong();
    long wait = lastNanos + GAP_NANOS - now;
    if (wait > 0) {
      later(wait);
      return;
    }
    lastNanos = now;
    List<Allotter.Question> first = waiting.subList(0, Math.min(GRANTS_MAX, waiting.size()));
    GiveSends decision = allotter.get().decide(first, clock.read(), now);
    first.clear();
    if (decision.getGrantsCount() > 0 || decision.getForgottenCount() > 0) {
      busy = true;
      var _ =
          group
              .propose(Record.newBuilder().setGiveSends(decision).build())
              .whenComplete(
                  (answer, trouble) -> {
                    if (trouble != null) {
                      log.debug("sends were not given: {}", trouble.toString());
                    }
                    over();
                  });
    } else if (!waiting.isEmpty()) {
      later(GAP_NANOS);
    }
  }

  private void over() {
    synchronized (this) {
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
