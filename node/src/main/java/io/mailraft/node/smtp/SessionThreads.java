package io.mailraft.node.smtp;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A virtual thread for each session. SubEthaSMTP waits for ever for them when it stops; here that
 * wait has an end, since a session may be waiting for the queue.
 */
final class SessionThreads extends AbstractExecutorService {
  private static final Duration WAIT_MAX = Duration.ofMillis(500);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @Override
  public void execute(Runnable session) {
    threads.execute(session);
  }

  @Override
  public void shutdown() {
    threads.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    return threads.shutdownNow();
  }

  @Override
  public boolean isShutdown() {
    return threads.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return threads.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    long nanos = Math.min(unit.toNanos(timeout), WAIT_MAX.toNanos());
    return threads.awaitTermination(nanos, TimeUnit.NANOSECONDS);
  }
}
