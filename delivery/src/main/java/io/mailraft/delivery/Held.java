package io.mailraft.delivery;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A claim that the engine has taken and for which it owes exactly one outcome. */
final class Held {
  /**
   * Times that a claim may go back to its site because a reused connection turned out to be dead.
   */
  private static final int FRESH_STARTS_MAX = 2;

  /** Transactions that a claim may be too many for, each of which took somebody else. */
  private static final int TRANSACTIONS_AWAITED_MAX = 50;

  private final Claim claim;
  private final ZoneDispatch zone;
  private final Portion portion;
  private final long sinceNanos;
  private final AtomicBoolean ended = new AtomicBoolean();
  private int freshStarts;
  private int transactionsAwaited;
  private volatile long beganNanos;

  /**
   * @param portion what its zone holds of its domain
   * @param sinceNanos when it came, by the monotonic clock
   */
  Held(Claim claim, ZoneDispatch zone, Portion portion, long sinceNanos) {
    this.claim = claim;
    this.zone = zone;
    this.portion = portion;
    this.sinceNanos = sinceNanos;
    this.beganNanos = sinceNanos;
  }

  Claim claim() {
    return claim;
  }

  ZoneDispatch zone() {
    return zone;
  }

  Portion portion() {
    return portion;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  /** A transaction begins to send it; the last one counts. */
  void begin(long nanos) {
    beganNanos = nanos;
  }

  /**
   * How long its attempt has taken so far: since its transaction began, or, where none did, since
   * the claim came.
   */
  Duration took() {
    return Duration.ofNanos(System.nanoTime() - beganNanos);
  }

  /**
   * Whether it may start over on another connection; counts the times. Called on one event loop at
   * a time.
   */
  boolean startOver() {
    return freshStarts++ < FRESH_STARTS_MAX;
  }

  /**
   * Whether it may wait for another transaction, where the host took no more recipients in this
   * one; counts the times. Called on one event loop at a time.
   */
  boolean waitsForAnother() {
    return transactionsAwaited++ < TRANSACTIONS_AWAITED_MAX;
  }

  /** Marks the end; false if it has ended before. */
  boolean end() {
    return ended.compareAndSet(false, true);
  }
}
