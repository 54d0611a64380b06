package io.mailraft.node.http.mail;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/** Gathers small writes into blocks. */
final class BlockOutput extends OutputStream {
  private static final int BLOCK_BYTES = 16 << 10;

  private final LineEnds.Sink to;
  private final byte[] block = new byte[BLOCK_BYTES];
  private int filled;

  BlockOutput(LineEnds.Sink to) {
    this.to = to;
  }

  @Override
  public void write(int b) throws IOException {
    if (filled == BLOCK_BYTES) {
      flush();
    }
    block[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] from, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, from.length);
    int position = offset;
    while (position < offset + count) {
      if (filled == BLOCK_BYTES) {
        flush();
      }
      int step = Math.min(offset + count - position, BLOCK_BYTES - filled);
      System.arraycopy(from, position, block, filled, step);
      filled += step;
      position += step;
    }
  }

  @Override
  public void flush() throws IOException {
    int count = filled;
    filled = 0;
    to.take(block, 0, count);
  }
}
