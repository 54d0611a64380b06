package io.mailraft.node.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Text whose lines end in CRLF, whatever they ended in: CRLF, LF or CR. */
final class CrlfInput extends InputStream {
  private static final int BLOCK_BYTES = 8 << 10;

  private final InputStream in;
  private final byte[] block = new byte[BLOCK_BYTES];
  private final byte[] out = new byte[2 * BLOCK_BYTES];
  private int outFrom;
  private int outTo;
  private boolean afterCr;

  CrlfInput(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, to.length);
    while (outFrom == outTo) {
      int read = in.read(block);
      if (read < 0) {
        return -1;
      }
      outFrom = 0;
      outTo = 0;
      for (int i = 0; i < read; i++) {
        take(block[i]);
      }
    }
    int step = Math.min(count, outTo - outFrom);
    System.arraycopy(out, outFrom, to, offset, step);
    outFrom += step;
    return step;
  }

  private void take(byte b) {
    if (b == '\n' && afterCr) {
      afterCr = false;
      return;
    }
    afterCr = b == '\r';
    if (b == '\r' || b == '\n') {
      out[outTo++] = '\r';
      out[outTo++] = '\n';
    } else {
      out[outTo++] = b;
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
