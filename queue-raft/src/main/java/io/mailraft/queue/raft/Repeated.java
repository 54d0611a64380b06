package io.mailraft.queue.raft;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task that an executor runs again and again: an exception in one run does not end it, as the
 * executor by itself would have it. An error is told to the thread's handler of what nobody caught,
 * since the executor would keep it to itself.
 *
 * @param name what it does, for the log
 */
public record Repeated(String name, Runnable task) implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Repeated.class);

  @Override
  public void run() {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("{} went wrong, it is done again", name, e);
    } catch (Error e) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      throw e;
    }
  }
}
