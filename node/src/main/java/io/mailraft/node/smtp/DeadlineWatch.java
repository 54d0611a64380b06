package io.mailraft.node.smtp;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that looks at all connections of a listener every now and then, and ends those whose
 * deadline has passed. A read of a socket needs no timer of its own then, and a write, which can
 * have none, is bounded too.
 */
final class DeadlineWatch implements AutoCloseable {
  private static final Duration TICK_MIN = Duration.ofMillis(10);
  private static final Duration TICK_MAX = Duration.ofMillis(250);

  /** A deadline is kept to this part of the shortest time. */
  private static final int PRECISION = 8;

  private final Set<ClientSocket> sockets;
  private final long tickNanos;
  private volatile boolean closed;

  DeadlineWatch(Set<ClientSocket> sockets, Duration shortest) {
    this.sockets = sockets;
    Duration tick = shortest.dividedBy(PRECISION);
    if (tick.compareTo(TICK_MIN) < 0) {
      tick = TICK_MIN;
    } else if (tick.compareTo(TICK_MAX) > 0) {
      tick = TICK_MAX;
    }
    this.tickNanos = tick.toNanos();
  }

  void start(String listener) {
    Thread.ofVirtual().name("smtp-deadlines-" + listener).start(this::watch);
  }

  private void watch() {
    while (!closed) {
      LockSupport.parkNanos(tickNanos);
      long nowNanos = System.nanoTime();
      for (ClientSocket socket : sockets) {
        socket.conversation().wire().expire(nowNanos);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
