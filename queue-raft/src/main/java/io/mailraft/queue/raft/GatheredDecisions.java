package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leader's answers to questions, which are in the log. What was asked while the last decision was
 * on its way, or within the gap after it, is one log entry.
 *
 * @param <Q> what is asked
 */
public final class GatheredDecisions<Q> implements Group.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(GatheredDecisions.class);

  private final Function<Record, CompletableFuture<Answer>> proposing;
  private final Supplier<? extends Decider<Q>> deciders;
  private final long gapNanos;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService timer;

  /** Present while this node leads. */
  private Optional<Decider<Q>> decider = Optional.empty();

  private boolean busy;
  private boolean timed;
  private long lastNanos;

  /** One leader's choice, from the moment in which it leads. Called by one thread at a time. */
  public interface Decider<Q> extends AutoCloseable {
    /** Takes a question; it may be dropped where too many wait, since it is asked again. */
    void ask(Q question, long nowNanos);

    /** Whether some question has no answer yet. */
    boolean waits();

    /** Decides about what waits; empty where there is nothing to say for the moment. */
    Optional<Record> decide(long nowNanos);

    /** This node does not lead any more. */
    @Override
    void close();
  }

  GatheredDecisions(
      Function<Record, CompletableFuture<Answer>> proposing,
      Supplier<? extends Decider<Q>> deciders,
      Duration gap,
      LongSupplier nanoClock,
      ScheduledExecutorService timer) {
    this.proposing = proposing;
    this.deciders = deciders;
    this.gapNanos = gap.toNanos();
    this.nanoClock = nanoClock;
    this.timer = timer;
    this.lastNanos = nanoClock.getAsLong() - gapNanos;
  }

  /**
   * Decides for a group whenever this node leads it.
   *
   * @param deciders makes one for each time that this node leads
   * @param gap least time between two decisions
   * @param nanoClock monotonic time, nanoseconds
   * @param timer its threads must not be blocked, and are not
   */
  public static <Q> GatheredDecisions<Q> of(
      Group group,
      Supplier<? extends Decider<Q>> deciders,
      Duration gap,
      LongSupplier nanoClock,
      ScheduledExecutorService timer) {
    GatheredDecisions<Q> decisions =
        new GatheredDecisions<>(group::propose, deciders, gap, nanoClock, timer);
    group.onLeadership(decisions);
    return decisions;
  }

  @Override
  public synchronized void leading(long term) {
    decider.ifPresent(Decider::close);
    busy = false;
    decider = Optional.of(deciders.get());
  }

  @Override
  public synchronized void following(Optional<String> leader) {
    decider.ifPresent(Decider::close);
    decider = Optional.empty();
  }

  /** Takes a question; ignored while this node does not lead, since it is asked again. */
  public void ask(Q question) {
    synchronized (this) {
      if (decider.isEmpty()) {
        return;
      }
      decider.get().ask(question, nanoClock.getAsLong());
    }
    decide();
  }

  private synchronized void decide() {
    if (decider.isEmpty() || busy || timed || !decider.get().waits()) {
      return;
    }
    Decider<Q> leading = decider.get();
    long now = nanoClock.getAsLong();
    long wait = lastNanos + gapNanos - now;
    if (wait > 0) {
      later(wait);
      return;
    }
    lastNanos = now;
    Optional<Record> decision = leading.decide(now);
    if (decision.isEmpty()) {
      if (leading.waits()) {
        later(gapNanos);
      }
      return;
    }
    // The next decision reads the state, so this one must be in it, or be known to be lost.
    busy = true;
    var _ =
        propose(decision.get())
            .whenComplete(
                (answer, trouble) -> {
                  if (trouble != null) {
                    LOG.debug(
                        "{} was not decided: {}", decision.get().getKindCase(), trouble.toString());
                  }
                  over(leading);
                });
  }

  /** Whatever goes wrong ends the proposal: who waits for one that was never made asks nothing. */
  private CompletableFuture<Answer> propose(Record decision) {
    try {
      return proposing.apply(decision);
    } catch (RuntimeException e) {
      LOG.error("{} could not be proposed", decision.getKindCase(), e);
      return CompletableFuture.failedFuture(e);
    }
  }

  private void over(Decider<Q> proposer) {
    synchronized (this) {
      if (decider.filter(proposer::equals).isEmpty()) {
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
      LOG.trace("stopping", e);
    }
  }
}
