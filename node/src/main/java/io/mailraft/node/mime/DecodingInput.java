package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Bytes that are written as text, decoded block by block. */
abstract class DecodingInput extends InputStream {
  private static final int BLOCK_BYTES = 8 << 10;

  private final String path;
  private final InputStream in;
  private final byte[] block = new byte[BLOCK_BYTES];
  private final byte[] out = new byte[BLOCK_BYTES + 4];
  private int outFrom;
  private int outTo;
  private boolean ended;

  /**
   * @param path where the text comes from, for refusals
   */
  DecodingInput(String path, InputStream in) {
    this.path = path;
    this.in = in;
  }

  /** Decodes the next byte of the text; it gives {@link #put} at most one byte for each. */
  abstract void take(int b) throws IOException;

  /** The text has ended; gives what is left, at most four bytes. */
  abstract void end() throws IOException;

  final void put(int b) {
    out[outTo++] = (byte) b;
  }

  final InputException wrong(String what) {
    return InputException.field(path, what);
  }

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public final int read(byte[] to, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, to.length);
    while (outFrom == outTo && !ended) {
      outFrom = 0;
      outTo = 0;
      int read = in.read(block);
      for (int i = 0; i < read; i++) {
        take(block[i] & 0xff);
      }
      if (read < 0) {
        ended = true;
        end();
      }
    }
    if (outFrom == outTo) {
      return -1;
    }
    int step = Math.min(count, outTo - outFrom);
    System.arraycopy(out, outFrom, to, offset, step);
    outFrom += step;
    return step;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
