package io.mailraft.node.json;

import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.spool.SpoolFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * JSON text without its long strings: each of them goes to a spool file, and an empty one stands in
 * its place. Strings are counted as they pass, names of fields too, so that whoever parses the text
 * finds a long one again by its number.
 *
 * <p>Checks what a parser might let pass: the encoding, and the size of the whole.
 */
final class LongStrings extends InputStream {
  /** Most raw bytes of a string that stays. */
  static final int SHORT_BYTES_MAX = 4 << 10;

  private static final int BLOCK_BYTES = 16 << 10;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private enum State {
    OUTSIDE,
    SHORT,
    SHORT_ESCAPED,
    LONG
  }

  private final InputStream in;
  private final SpoolFile spool;
  private final long maxBytes;
  private final Utf8Check utf8 = new Utf8Check();
  private final Map<Long, LongString> taken = new HashMap<>();
  private final byte[] block = new byte[BLOCK_BYTES];

  /** Room for a block, and for the string that was held back before it. */
  private final byte[] out = new byte[BLOCK_BYTES + SHORT_BYTES_MAX + 2];

  private final byte[] held = new byte[SHORT_BYTES_MAX];
  private int heldBytes;
  private int outFrom;
  private int outTo;
  private long bytes;
  private long strings;
  private State state = State.OUTSIDE;
  private Optional<LongStringWriter> writer = Optional.empty();

  /**
   * Starts at the first byte of the text.
   *
   * @param maxBytes most bytes of the text
   */
  LongStrings(InputStream in, SpoolFile spool, long maxBytes) {
    this.in = in;
    this.spool = spool;
    this.maxBytes = maxBytes;
  }

  /** Takes the string of that number, counted from 1, if it was a long one. */
  Optional<LongString> take(long number) {
    return Optional.ofNullable(taken.remove(number));
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
      if (!fill()) {
        return -1;
      }
    }
    int step = Math.min(count, outTo - outFrom);
    System.arraycopy(out, outFrom, to, offset, step);
    outFrom += step;
    return step;
  }

  /** Goes through the next block; false at the end of the text. */
  private boolean fill() throws IOException {
    int count = in.read(block);
    if (count < 0) {
      if (!utf8.whole()) {
        throw notUtf8();
      }
      if (state != State.OUTSIDE) {
        throw new InputException(
            Fault.INVALID_CONTENT, "the body is no JSON: it ends within a string");
      }
      return false;
    }
    outFrom = 0;
    outTo = 0;
    int from = 0;
    if (bytes == 0 && count >= 3 && Arrays.equals(block, 0, 3, BYTE_ORDER_MARK, 0, 3)) {
      from = 3;
    }
    bytes += count;
    if (bytes > maxBytes) {
      throw new InputException(
          Fault.TOO_LARGE, "the body is larger than the " + maxBytes + " bytes that are allowed");
    }
    for (int i = from; i < count; i++) {
      byte b = block[i];
      if (!utf8.accepts(b)) {
        throw notUtf8();
      }
      take(b);
    }
    return true;
  }

  private static InputException notUtf8() {
    return new InputException(
        Fault.INVALID_CONTENT, "the body is no JSON: it is not well-formed UTF-8");
  }

  private void take(byte b) throws IOException {
    switch (state) {
      case OUTSIDE -> {
        if (b == 0) {
          throw new InputException(
              Fault.INVALID_CONTENT, "the body is no JSON in UTF-8: it holds NUL");
        }
        out[outTo++] = b;
        if (b == '"') {
          strings++;
          heldBytes = 0;
          state = State.SHORT;
        }
      }
      case SHORT -> {
        if (b == '"') {
          System.arraycopy(held, 0, out, outTo, heldBytes);
          outTo += heldBytes;
          out[outTo++] = '"';
          state = State.OUTSIDE;
        } else {
          hold(b);
          if (b == '\\' && state == State.SHORT) {
            state = State.SHORT_ESCAPED;
          }
        }
      }
      case SHORT_ESCAPED -> {
        state = State.SHORT;
        hold(b);
      }
      case LONG -> {
        LongStringWriter to = writer.orElseThrow();
        if (b == '"' && to.atCharacter()) {
          taken.put(strings, to.finish());
          writer = Optional.empty();
          out[outTo++] = '"';
          state = State.OUTSIDE;
        } else {
          to.put(b);
        }
      }
    }
  }

  /** Keeps a byte of a string that may still be short. */
  private void hold(byte b) throws IOException {
    if (heldBytes < SHORT_BYTES_MAX) {
      held[heldBytes++] = b;
      return;
    }
    LongStringWriter to = new LongStringWriter(spool);
    for (int i = 0; i < heldBytes; i++) {
      to.put(held[i]);
    }
    to.put(b);
    writer = Optional.of(to);
    state = State.LONG;
  }
}
