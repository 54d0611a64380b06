package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponseWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The body of an answer, written by one thread that waits while the client does not take it. */
final class AnswerStream extends OutputStream {
  private static final int BLOCK_BYTES = 32 << 10;

  private final HttpResponseWriter writer;
  private final long stallNanos;
  private final byte[] block = new byte[BLOCK_BYTES];
  private int filled;

  /**
   * @param writer takes the body; its headers are written already
   * @param stall longest time for which the client may take nothing
   */
  AnswerStream(HttpResponseWriter writer, Duration stall) {
    this.writer = writer;
    this.stallNanos = stall.toNanos();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, from.length);
    int position = offset;
    while (position < offset + count) {
      if (filled == BLOCK_BYTES) {
        send();
      }
      int step = Math.min(offset + count - position, BLOCK_BYTES - filled);
      System.arraycopy(from, position, block, filled, step);
      filled += step;
      position += step;
    }
  }

  private void send() throws IOException {
    if (filled == 0) {
      return;
    }
    byte[] full = Arrays.copyOf(block, filled);
    filled = 0;
    if (!writer.tryWrite(HttpData.wrap(full))) {
      throw new ClientGoneException("the client took no more", new IOException("closed"));
    }
    try {
      writer.whenConsumed().get(stallNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while answering");
    } catch (ExecutionException | TimeoutException e) {
      throw new ClientGoneException("the client takes no more", e);
    }
  }

  /** Sends what has been written. */
  @Override
  public void flush() throws IOException {
    send();
  }

  /** Ends the answer. */
  @Override
  public void close() throws IOException {
    send();
    writer.close();
  }

  /** Breaks the answer off, so that the client sees that it is not whole. */
  void abort(Throwable cause) {
    writer.close(cause);
  }
}
