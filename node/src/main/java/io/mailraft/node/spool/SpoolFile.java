package io.mailraft.node.spool;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bytes that one request brings, to be read again from any place. Written from the first byte
 * to the last; what is read must have been written before.
 */
public final class SpoolFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolFile.class);

  /** Most bytes kept in memory. */
  static final int MEMORY_BYTES = 256 << 10;

  /** Bytes gathered for one write to the file. */
  private static final int BLOCK_BYTES = 64 << 10;

  private static final long ROOM_EVERY_BYTES = 4L << 20;

  private final Spool spool;
  private byte[] buffer = new byte[0];
  private int filled;
  private int taken;
  private long inFile;
  private long checkedAt;
  private Optional<FileChannel> file = Optional.empty();
  private boolean closed;

  SpoolFile(Spool spool) {
    this.spool = spool;
  }

  /** Bytes written so far. */
  public long size() {
    return inFile + filled;
  }

  /**
   * Appends bytes.
   *
   * @throws SpoolFullException if the disk is nearly full
   * @throws IOException if the file cannot be written
   */
  public void write(byte[] bytes, int offset, int count) throws IOException {
    if (closed) {
      throw new IOException("the spool file is closed");
    }
    int from = offset;
    int end = offset + count;
    while (from < end) {
      if (filled == buffer.length) {
        makeRoom();
      }
      int step = Math.min(end - from, buffer.length - filled);
      System.arraycopy(bytes, from, buffer, filled, step);
      filled += step;
      from += step;
    }
  }

  /** Appends what is written to it. Its end is not the file's. */
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(offset, count, bytes.length);
        SpoolFile.this.write(bytes, offset, count);
      }
    };
  }

  /** Grows while there is memory; then goes to the file, whose block needs none of the others'. */
  private void makeRoom() throws IOException {
    int larger = Math.max(Spool.PIECE_BYTES, buffer.length * 2);
    if (file.isEmpty() && larger <= MEMORY_BYTES && spool.takeMemory(larger - buffer.length)) {
      taken += larger - buffer.length;
      buffer = Arrays.copyOf(buffer, larger);
      return;
    }
    if (file.isEmpty()) {
      file = Optional.of(spool.openFile());
    }
    flush();
    if (buffer.length != BLOCK_BYTES) {
      spool.giveBackMemory(taken);
      taken = 0;
      buffer = new byte[BLOCK_BYTES];
    }
  }

  private void flush() throws IOException {
    if (filled == 0) {
      return;
    }
    if (inFile - checkedAt >= ROOM_EVERY_BYTES) {
      spool.checkRoom();
      checkedAt = inFile;
    }
    ByteBuffer block = ByteBuffer.wrap(buffer, 0, filled);
    FileChannel out = file.orElseThrow();
    while (block.hasRemaining()) {
      inFile += out.write(block, inFile);
    }
    filled = 0;
  }

  /**
   * The bytes from {@code offset} on, {@code length} of them. Several may be read at a time, by the
   * thread that writes, or by any once all is written.
   */
  public InputStream read(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, size());
    return new Reader(offset, offset + length);
  }

  /** Copies from file and memory; says how many bytes. */
  private int copy(long position, byte[] to, int offset, int count) throws IOException {
    if (closed) {
      throw new IOException("the spool file is closed");
    }
    if (position >= inFile) {
      int step = (int) Math.min(count, inFile + filled - position);
      System.arraycopy(buffer, (int) (position - inFile), to, offset, step);
      return step;
    }
    int step = (int) Math.min(count, inFile - position);
    int read = file.orElseThrow().read(ByteBuffer.wrap(to, offset, step), position);
    if (read < 0) {
      throw new EOFException("a spool file is shorter than what was written to it");
    }
    return read;
  }

  /** Gives memory and file back, and does not fail. Does nothing the second time. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    spool.giveBackMemory(taken);
    buffer = new byte[0];
    if (file.isPresent()) {
      try {
        file.get().close();
      } catch (IOException e) {
        // What it held has been used, and may be stored: that is not to be called an error.
        LOG.warn("a spool file cannot be closed", e);
      }
    }
  }

  private final class Reader extends InputStream {
    private final long end;
    private long position;

    Reader(long position, long end) {
      this.position = position;
      this.end = end;
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
      if (position == end) {
        return -1;
      }
      int step = copy(position, to, offset, (int) Math.min(count, end - position));
      position += step;
      return step;
    }
  }
}
