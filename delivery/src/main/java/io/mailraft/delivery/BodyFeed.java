package io.mailraft.delivery;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of one message on its way from the disk to the socket (I9).
 *
 * <p>A virtual thread reads ahead, two chunks at most; the connection's event loop takes them and
 * never blocks but for the lock, under which nothing waits. A message of one chunk is there, with
 * its end known, before the remote says 354.
 */
final class BodyFeed {
  private static final Logger LOG = LoggerFactory.getLogger(BodyFeed.class);
  private static final int CHUNKS_AHEAD_MAX = 2;
  private static final byte[] NOTHING = {};

  /** What there is for the socket. */
  sealed interface Piece {

    /** The next bytes, and whether they are the last ones. */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Chunk(byte[] bytes, boolean last) implements Piece {}

    /** Nothing yet. */
    record NotYet() implements Piece {}

    /** The content cannot be read. */
    record Broken() implements Piece {}
  }

  private static final Piece NOT_YET = new Piece.NotYet();
  private static final Piece BROKEN = new Piece.Broken();

  private final Bodies bodies;
  private final String messageId;
  private final long bytesExpected;
  private final Runnable onReady;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<Piece> pieces = new ArrayDeque<>(CHUNKS_AHEAD_MAX + 1);
  private boolean awaited;
  private boolean cancelled;

  /**
   * Reads nothing until {@link #start}.
   *
   * @param onReady told once there is a piece, if {@link #poll} had none before; from another
   *     thread
   */
  BodyFeed(Bodies bodies, Claim claim, Runnable onReady) {
    this.bodies = bodies;
    this.messageId = claim.messageId();
    this.bytesExpected = claim.message().bodyBytes();
    this.onReady = onReady;
  }

  /** Starts reading. */
  void start() {
    Thread.ofVirtual().name("body-" + messageId).start(this::run);
  }

  /** The next piece. Called on the event loop. */
  Piece poll() {
    lock.lock();
    try {
      Piece piece = pieces.poll();
      if (piece == null) {
        awaited = true;
        return NOT_YET;
      }
      room.signal();
      return piece;
    } finally {
      lock.unlock();
    }
  }

  /** Stops reading. */
  void cancel() {
    lock.lock();
    try {
      cancelled = true;
      pieces.clear();
      room.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    long bytes = 0;
    try (Bodies.Body body = bodies.open(messageId)) {
      byte[] chunk = body.next();
      while (chunk.length > 0) {
        bytes += chunk.length;
        // One chunk is held back until it is known whether it is the last.
        byte[] following = body.next();
        if (following.length == 0 && bytes != bytesExpected) {
          throw new IOException("content has " + bytes + " bytes, not " + bytesExpected);
        }
        if (!put(new Piece.Chunk(chunk, following.length == 0))) {
          return;
        }
        chunk = following;
      }
      if (bytes == 0) {
        put(new Piece.Chunk(NOTHING, true));
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("the content of {} cannot be read", messageId, e);
      put(BROKEN);
    }
  }

  private boolean put(Piece piece) {
    lock.lock();
    try {
      while (!cancelled
          && pieces.size() >= CHUNKS_AHEAD_MAX - 1
          && !(piece instanceof Piece.Broken)) {
        room.awaitUninterruptibly();
      }
      if (cancelled) {
        return false;
      }
      pieces.add(piece);
      if (awaited) {
        awaited = false;
        onReady.run();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
