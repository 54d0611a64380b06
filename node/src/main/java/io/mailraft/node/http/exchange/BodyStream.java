package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The body of a request, read by one thread that may block. A few blocks are on their way at a
 * time; while nobody reads, the client is made to wait.
 */
final class BodyStream extends InputStream implements Subscriber<HttpObject> {
  private static final int BLOCKS_AHEAD = 4;

  /** Something that happens to the body. */
  private sealed interface Event {
    record Block(HttpData data) implements Event {}

    record End() implements Event {}

    record Trouble(Throwable cause) implements Event {}
  }

  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final long stallNanos;
  private final long deadlineNanos;
  private volatile Optional<Subscription> subscription = Optional.empty();
  private byte[] block = new byte[0];
  private int position;
  private boolean ended;

  /**
   * @param stall longest silence of the client
   * @param whole time for the whole body
   */
  BodyStream(HttpRequest request, Duration stall, Duration whole) {
    this.stallNanos = stall.toNanos();
    this.deadlineNanos = System.nanoTime() + whole.toNanos();
    request.subscribe(this);
  }

  @Override
  public void onSubscribe(Subscription begun) {
    subscription = Optional.of(begun);
    begun.request(BLOCKS_AHEAD);
  }

  @Override
  public void onNext(HttpObject object) {
    if (object instanceof HttpData data) {
      events.add(new Event.Block(data));
    }
  }

  @Override
  public void onError(Throwable cause) {
    events.add(new Event.Trouble(cause));
  }

  @Override
  public void onComplete() {
    events.add(new Event.End());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, to.length);
    if (count == 0) {
      return 0;
    }
    while (position == block.length) {
      if (ended || !next()) {
        ended = true;
        return -1;
      }
    }
    int step = Math.min(count, block.length - position);
    System.arraycopy(block, position, to, offset, step);
    position += step;
    return step;
  }

  /** Waits for the next block; false at the end of the body. */
  private boolean next() throws IOException {
    switch (await()) {
      case Event.Block(HttpData data) -> {
        block = data.array();
        position = 0;
        subscription.ifPresent(open -> open.request(1));
        return true;
      }
      case Event.End end -> {
        return false;
      }
      case Event.Trouble(Throwable cause) ->
          throw new ClientGoneException("the request broke off", cause);
    }
  }

  private Event await() throws IOException {
    long left = Math.min(stallNanos, deadlineNanos - System.nanoTime());
    try {
      Optional<Event> next = Optional.ofNullable(events.poll(left, TimeUnit.NANOSECONDS));
      if (next.isPresent()) {
        return next.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading a request");
    }
    throw new RefusedException(
        HttpStatus.REQUEST_TIMEOUT, "Timeout", "the body did not come in time");
  }

  /** Wants nothing more of the body; what still comes is thrown away. */
  @Override
  public void close() {
    subscription.ifPresent(Subscription::cancel);
  }
}
