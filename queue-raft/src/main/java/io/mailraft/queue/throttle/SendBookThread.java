package io.mailraft.queue.throttle;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link SendBook} with the thread that wakes and asks at the right times. */
public final class SendBookThread implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SendBookThread.class);

  /** Pause after trouble, so that lasting trouble does not spin. */
  private static final Duration STUMBLE = Duration.ofMillis(100);

  private final Semaphore work = new Semaphore(0);
  private final SendBook book = new SendBook(System::nanoTime, work::release);
  private final Consumer<List<SendQuestion>> asker;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param asker asks the control leader; must not block
   */
  public SendBookThread(Consumer<List<SendQuestion>> asker) {
    this.asker = asker;
    this.thread = Thread.ofVirtual().name("sends").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** As {@link SendBook#take}. */
  public int take(List<String> counters, int most) {
    return book.take(counters, most);
  }

  /** As {@link SendBook#await}; {@code room} is run on this object's thread and must not block. */
  public void await(List<String> counters, int sends, Runnable room) {
    book.await(counters, sends, room);
  }

  /** Ends a wait. */
  public void forget(List<String> counters) {
    book.forget(counters);
  }

  /** A decision was applied here. */
  public void given(GiveSends decision, int node, long epoch) {
    book.given(decision, node, epoch);
  }

  /** This node has a new lease. */
  public void reset() {
    book.reset();
  }

  public SendBook book() {
    return book;
  }

  private void run() {
    try {
      while (!closed) {
        work.drainPermits();
        long next = step();
        if (next == Long.MAX_VALUE) {
          work.acquire();
        } else {
          var _ = work.tryAcquire(next - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One step; when the next one is due. Without this thread nothing throttled would go out. */
  private long step() {
    try {
      SendBook.Step step = book.step();
      if (!step.questions().isEmpty()) {
        guarded(() -> asker.accept(step.questions()));
      }
      step.rooms().forEach(SendBookThread::guarded);
      return step.nextNanos();
    } catch (RuntimeException e) {
      log.error("giving out sends went wrong, it is tried again", e);
      return System.nanoTime() + STUMBLE.toNanos();
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("someone who waited for sends threw", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
