package io.mailraft.node.submit;

import com.google.protobuf.ByteString;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.RequestKey;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The requests with a key that are being counted and stored on this node: one of each key at a
 * time. So a repeat finds its first, and is not counted beside it. Thread-safe.
 */
final class RequestTurns {
  /** Longest wait for a turn: a first waits for its quotas and for its majority before. */
  private static final Duration WAIT_MAX = Duration.ofMinutes(2);

  /** As many as requests are being stored, whose number is bounded. */
  private final ConcurrentMap<ByteString, CountDownLatch> taken = new ConcurrentHashMap<>();

  /** The right to count and store a request, until it is closed. */
  @FunctionalInterface
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits until no other request of that key is being stored here. One that waits too long goes on
   * all the same, as it would on another node: the log decides then which is the first.
   *
   * @param key empty for a request that has no repeats
   * @throws QueueException if it was interrupted meanwhile
   */
  Turn take(Optional<RequestKey> key) throws QueueException {
    if (key.isEmpty()) {
      return () -> {};
    }
    ByteString name = key.get().hash();
    CountDownLatch own = new CountDownLatch(1);
    long end = System.nanoTime() + WAIT_MAX.toNanos();
    while (true) {
      Optional<CountDownLatch> other = Optional.ofNullable(taken.putIfAbsent(name, own));
      if (other.isEmpty()) {
        return () -> {
          taken.remove(name, own);
          own.countDown();
        };
      }
      try {
        if (!other.get().await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          return () -> {};
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new QueueException(Reason.STOPPING, "interrupted while a repeat waited", e);
      }
    }
  }
}
