package io.mailraft.queue.quota;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.config.Quota;
import io.mailraft.config.Quotas;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link QuotaBook} with the thread that asks at the right times. */
public final class QuotaBookThread implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(QuotaBookThread.class);
  private static final long LOOK_MILLIS = 100;

  private final Semaphore work = new Semaphore(0);
  private final QuotaBook book = new QuotaBook(System::nanoTime, work::release);
  private final Supplier<Quotas> quotas;
  private final Consumer<List<QuotaQuestion>> asker;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param quotas the quotas by the cluster document as it is
   * @param asker asks the control leader; must not block
   */
  public QuotaBookThread(Supplier<Quotas> quotas, Consumer<List<QuotaQuestion>> asker) {
    this.quotas = quotas;
    this.asker = asker;
    this.thread = Thread.ofVirtual().name("quotas").unstarted(this::run);
  }

  /** Begins to ask. */
  public void start() {
    thread.start();
  }

  /**
   * Takes what a message counts in its quotas, and waits for that where the node has too little.
   *
   * @param account who hands it in; empty for nobody in particular
   * @param recipients its deliveries, 1 at least
   * @throws OverQuotaException if a quota has no room for it
   * @throws TimeoutException if it is not known in time whether there is room
   * @throws ExecutionException if too many wait already
   */
  public Charge charge(
      String account, Optional<String> senderDomain, int recipients, Duration timeout)
      throws OverQuotaException, TimeoutException, InterruptedException, ExecutionException {
    Quotas present = quotas.get();
    if (present.isEmpty()) {
      return Charge.NONE;
    }
    Map<Counter, Long> needs = new LinkedHashMap<>();
    for (Counter counter : Counter.of(present, account, senderDomain)) {
      needs.put(counter, counter.unit() == Quota.Unit.MESSAGES ? 1L : recipients);
    }
    if (needs.isEmpty()) {
      return Charge.NONE;
    }
    QuotaBook.Waiter waiter = book.take(needs);
    boolean ended = false;
    try {
      Charge charge = waiter.done().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      ended = true;
      return charge;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof OverQuotaException over) {
        throw over;
      }
      throw e;
    } finally {
      if (!ended) {
        book.forget(waiter);
      }
    }
  }

  /** A decision was applied here. */
  public void given(GiveQuota decision, int node, long epoch) {
    book.given(decision, node, epoch);
  }

  /** This node has a new lease. */
  public void reset() {
    book.reset();
  }

  /** Gives back what nobody uses, since this node stops. */
  public void giveBack() {
    book.giveBack();
  }

  private void run() {
    try {
      while (!closed) {
        if (book.busy()) {
          var _ = work.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } else {
          work.acquire();
        }
        work.drainPermits();
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Without this thread nothing that has a quota would come in. */
  private void step() {
    try {
      List<QuotaQuestion> questions = book.step();
      if (!questions.isEmpty()) {
        asker.accept(questions);
      }
    } catch (RuntimeException e) {
      log.error("asking for units of quotas went wrong", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
