package io.mailraft.node.log;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands events to another appender on a thread of its own. Whoever logs never waits: where so many
 * events wait already, further ones are dropped and counted.
 */
final class BoundedAppender extends AsyncAppender {
  private final Semaphore room;
  private final AtomicLong dropped = new AtomicLong();

  /**
   * @param events most events that wait or are being written
   */
  BoundedAppender(LoggerContext context, Appender<ILoggingEvent> to, int events) {
    // First of all: what has something to say without a context says it on standard output.
    setContext(context);
    this.room = new Semaphore(events);
    setQueueSize(events);
    setDiscardingThreshold(0);
    setNeverBlock(true);
    setIncludeCallerData(false);
    AppenderBase<ILoggingEvent> releasing =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            try {
              to.doAppend(event);
            } finally {
              room.release();
            }
          }
        };
    releasing.setContext(context);
    releasing.setName("written");
    releasing.start();
    addAppender(releasing);
  }

  /** The queue has room for as many as there are permits, so what gets one is not refused. */
  @Override
  protected void append(ILoggingEvent event) {
    if (room.tryAcquire()) {
      super.append(event);
    } else {
      dropped.incrementAndGet();
    }
  }

  /** Events that were dropped so far. */
  long dropped() {
    return dropped.get();
  }
}
