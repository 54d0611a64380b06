package io.mailraft.ops.chaos;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A wait with a bound for something that nobody tells us of, such as the state of a process. */
public final class Await {
  private static final long POLL_MILLIS = 20;

  private Await() {}

  /** A question that may not be answerable yet. */
  @FunctionalInterface
  public interface Condition {
    /** Whether it is so. */
    boolean holds() throws InterruptedException;
  }

  /**
   * Returns as soon as the condition holds.
   *
   * @param what what is waited for, for the message
   * @throws TimeoutException if the condition did not hold within the bound
   */
  public static void until(Duration bound, String what, Condition condition)
      throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + bound.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end >= 0) {
        throw new TimeoutException("waited " + bound.toMillis() + " ms in vain until " + what);
      }
      pause(Duration.ofMillis(POLL_MILLIS));
    }
  }

  /** Lets a moment pass, between two questions to, or two tries at, a thing that cannot call us. */
  static void pause(Duration time) throws InterruptedException {
    boolean called = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
    if (called) {
      throw new IllegalStateException("nobody holds this latch");
    }
  }
}
