package io.mailraft.queue.quota;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.QuotaGrant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/**
 * A node's units of quotas: what it may use of each counter, who waits for more, what to ask for.
 * {@link QuotaBookThread} runs it.
 */
final class QuotaBook {
  private static final long SWEEP_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int QUESTIONS_MAX = 5000;
  private static final int WAITERS_MAX = 20_000;

  private final LongSupplier nanoClock;
  private final Runnable changed;
  private final Map<String, Stock> stocks = new HashMap<>();

  /** Those that may have something to ask or to say. */
  private final Set<Stock> active = new LinkedHashSet<>();

  private final Set<Waiter> waiters = new LinkedHashSet<>();
  private long questions;
  private long sweptAt;

  /** A message that waits for units of all its counters. */
  static final class Waiter {
    private final Map<Counter, Long> needs;
    private final CompletableFuture<Charge> done = new CompletableFuture<>();

    private Waiter(Map<Counter, Long> needs) {
      this.needs = needs;
    }

    CompletableFuture<Charge> done() {
      return done;
    }

    long units(Counter counter) {
      return needs.getOrDefault(counter, 0L);
    }
  }

  /** Units that were taken. */
  private final class Taken implements Charge {
    record Use(Stock stock, long windowMillis, long units) {}

    private final List<Use> uses = new ArrayList<>(4);

    @Override
    public void giveBack() {
      synchronized (QuotaBook.this) {
        uses.forEach(QuotaBook.this::giveBack);
        uses.clear();
      }
    }
  }

  /** What came under a lease that is over is lost, and must not be spoken of under the next one. */
  private void giveBack(Taken.Use use) {
    Stock stock = use.stock();
    if (stock.equals(stocks.get(stock.counter.name()))) {
      stock.unuse(use.units(), use.windowMillis());
      retry(stock, nanoClock.getAsLong());
      activate(stock);
    }
  }

  /**
   * @param nanoClock monotonic time, nanoseconds
   * @param changed told, under the lock, that {@link #step} is worth calling
   */
  QuotaBook(LongSupplier nanoClock, Runnable changed) {
    this.nanoClock = nanoClock;
    this.changed = changed;
    this.sweptAt = nanoClock.getAsLong();
  }

  /**
   * Takes units, of all the counters or of none, at once or when they come. The wait ends with
   * {@link OverQuotaException} where there are none, and {@link RejectedExecutionException} where
   * too many wait.
   *
   * @param needs more than 0 of each
   */
  synchronized Waiter take(Map<Counter, Long> needs) {
    Waiter waiter = new Waiter(new LinkedHashMap<>(needs));
    if (waiters.size() >= WAITERS_MAX) {
      waiter.done.completeExceptionally(
          new RejectedExecutionException(WAITERS_MAX + " messages wait for quotas already"));
    } else {
      attempt(waiter, nanoClock.getAsLong());
    }
    return waiter;
  }

  /** Ends a wait; units that came all the same go back. */
  synchronized void forget(Waiter waiter) {
    leave(waiter);
    if (!waiter.done.cancel(false) && !waiter.done.isCompletedExceptionally()) {
      waiter.done.join().giveBack();
    }
  }

  private void attempt(Waiter waiter, long now) {
    boolean lacks = false;
    for (Map.Entry<Counter, Long> need : waiter.needs.entrySet()) {
      Stock stock = stock(need.getKey(), now);
      if (stock.free(now) >= need.getValue()) {
        stock.waiters.remove(waiter);
        continue;
      }
      if (stock.refuses(need.getValue(), now)) {
        refuse(waiter, stock, now);
        return;
      }
      lacks = true;
      stock.waiters.putIfAbsent(waiter, stock.question());
      activate(stock);
    }
    if (lacks) {
      waiters.add(waiter);
      return;
    }
    Taken taken = new Taken();
    waiter.needs.forEach(
        (counter, units) -> {
          Stock stock = stock(counter, now);
          stock.use(units, now);
          taken.uses.add(new Taken.Use(stock, stock.windowMillis(), units));
          activate(stock);
        });
    leave(waiter);
    waiter.done.complete(taken);
  }

  private void refuse(Waiter waiter, Stock stock, long now) {
    leave(waiter);
    waiter.done.completeExceptionally(stock.refusal(now));
  }

  private void leave(Waiter waiter) {
    waiters.remove(waiter);
    for (Counter counter : waiter.needs.keySet()) {
      Stock stock = stocks.get(counter.name());
      if (stock != null) {
        stock.waiters.remove(waiter);
      }
    }
  }

  private void retry(Stock stock, long now) {
    for (Waiter waiter : List.copyOf(stock.waiters.keySet())) {
      attempt(waiter, now);
    }
  }

  private Stock stock(Counter counter, long now) {
    return stocks.computeIfAbsent(counter.name(), name -> new Stock(counter, now));
  }

  private void activate(Stock stock) {
    if (active.add(stock) || !stock.waiters.isEmpty()) {
      changed.run();
    }
  }

  /**
   * Hears a decision.
   *
   * @param decision as applied, with grants of other nodes too
   */
  synchronized void given(GiveQuota decision, int node, long epoch) {
    long now = nanoClock.getAsLong();
    active.forEach(stock -> stock.passed(decision.getMillis(), now));
    for (QuotaGrant grant : decision.getGrantsList()) {
      Stock stock = stocks.get(grant.getCounter());
      if (stock != null && grant.getNode() == node && grant.getEpoch() == epoch) {
        given(stock, grant, decision.getMillis(), now);
      }
    }
    for (String counter : decision.getRecalledList()) {
      Stock stock = stocks.get(counter);
      if (stock != null) {
        stock.recall();
        activate(stock);
        changed.run();
      }
    }
  }

  private void given(Stock stock, QuotaGrant grant, long millis, long now) {
    if (!stock.given(grant, millis, now)) {
      return;
    }
    for (Map.Entry<Waiter, Long> entry : List.copyOf(stock.waiters.entrySet())) {
      Waiter waiter = entry.getKey();
      boolean asked = entry.getValue() < grant.getQuestion();
      attempt(waiter, now);
      if (asked && grant.getLast() && stock.waiters.containsKey(waiter)) {
        refuse(waiter, stock, now);
      }
    }
    activate(stock);
  }

  /** What is to be asked now. */
  synchronized List<QuotaQuestion> step() {
    long now = nanoClock.getAsLong();
    List<QuotaQuestion> asked = new ArrayList<>();
    for (Iterator<Stock> all = active.iterator(); all.hasNext() && asked.size() < QUESTIONS_MAX; ) {
      Stock stock = all.next();
      if (stock.due(now)) {
        asked.add(stock.ask(++questions, now));
      }
      if (!stock.active(now)) {
        all.remove();
      }
    }
    if (now - sweptAt > SWEEP_NANOS) {
      sweptAt = now;
      stocks.values().removeIf(stock -> stock.idle(now));
    }
    return asked;
  }

  /** Whether {@link #step} must be called again soon, whatever else happens. */
  synchronized boolean busy() {
    return !active.isEmpty();
  }

  /** Begin of the window that units of a counter come from. */
  synchronized long windowMillis(Counter counter) {
    return stock(counter, nanoClock.getAsLong()).windowMillis();
  }

  /** Has every unused unit given back with the next step. */
  synchronized void giveBack() {
    stocks.values().stream()
        .filter(stock -> stock.free(nanoClock.getAsLong()) > 0)
        .forEach(
            stock -> {
              stock.recall();
              active.add(stock);
            });
    changed.run();
  }

  /** Forgets everything: the lease under which it was given is over. Who waits goes on waiting. */
  synchronized void reset() {
    long now = nanoClock.getAsLong();
    stocks.clear();
    active.clear();
    List.copyOf(waiters).forEach(waiter -> attempt(waiter, now));
  }
}
