package io.mailraft.node.json;

import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.spool.SpoolFile;
import java.io.IOException;
import java.util.Optional;

/**
 * Writes the content of one JSON string (RFC 8259 7) to a spool file, as UTF-8 and without its
 * escapes. The raw bytes are known to be well-formed UTF-8.
 */
final class LongStringWriter {
  private static final int BUFFER_BYTES = 8 << 10;
  private static final int NO_SURROGATE = -1;

  private final SpoolFile spool;
  private final long start;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;
  private boolean escaped;
  private int hexDigits;
  private int unit;
  private int high = NO_SURROGATE;
  private boolean halfPair;

  LongStringWriter(SpoolFile spool) {
    this.spool = spool;
    this.start = spool.size();
  }

  /** Takes the next raw byte of the string; the closing quote is none of them. */
  void put(byte b) throws IOException {
    if (hexDigits > 0) {
      hex(b);
    } else if (escaped) {
      escaped = false;
      escape(b);
    } else if (b == '\\') {
      escaped = true;
    } else if (b >= 0 && b < ' ') {
      throw new InputException(
          Fault.INVALID_CONTENT,
          "the body is no JSON: a string holds the control character %d, which is written \\u%04x"
              .formatted(b, b));
    } else {
      literal(b);
    }
  }

  /** Whether a quote would end the string here. */
  boolean atCharacter() {
    return !escaped && hexDigits == 0;
  }

  private void literal(byte b) throws IOException {
    breakPair();
    write(b);
  }

  private void escape(byte b) throws IOException {
    switch (b) {
      case '"', '\\', '/' -> literal(b);
      case 'b' -> literal((byte) '\b');
      case 'f' -> literal((byte) '\f');
      case 'n' -> literal((byte) '\n');
      case 'r' -> literal((byte) '\r');
      case 't' -> literal((byte) '\t');
      case 'u' -> {
        hexDigits = 4;
        unit = 0;
      }
      default ->
          throw new InputException(
              Fault.INVALID_CONTENT, "the body is no JSON: a string holds an unknown escape");
    }
  }

  private void hex(byte b) throws IOException {
    int digit = b < 0 ? -1 : Character.digit(b, 16);
    if (digit < 0) {
      throw new InputException(
          Fault.INVALID_CONTENT, "the body is no JSON: \\u needs four hex digits");
    }
    unit = (unit << 4) | digit;
    if (--hexDigits == 0) {
      unit((char) unit);
    }
  }

  private void unit(char c) throws IOException {
    if (Character.isLowSurrogate(c) && high != NO_SURROGATE) {
      int whole = Character.toCodePoint((char) high, c);
      high = NO_SURROGATE;
      codePoint(whole);
      return;
    }
    breakPair();
    if (Character.isHighSurrogate(c)) {
      high = c;
    } else if (Character.isLowSurrogate(c)) {
      halfPair = true;
    } else {
      codePoint(c);
    }
  }

  private void breakPair() {
    if (high != NO_SURROGATE) {
      halfPair = true;
      high = NO_SURROGATE;
    }
  }

  private void codePoint(int c) throws IOException {
    if (c < 0x80) {
      write(c);
    } else if (c < 0x800) {
      write(0xc0 | (c >> 6));
      write(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      write(0xe0 | (c >> 12));
      write(0x80 | ((c >> 6) & 0x3f));
      write(0x80 | (c & 0x3f));
    } else {
      write(0xf0 | (c >> 18));
      write(0x80 | ((c >> 12) & 0x3f));
      write(0x80 | ((c >> 6) & 0x3f));
      write(0x80 | (c & 0x3f));
    }
  }

  private void write(int b) throws IOException {
    if (filled == BUFFER_BYTES) {
      flush();
    }
    buffer[filled++] = (byte) b;
  }

  private void flush() throws IOException {
    spool.write(buffer, 0, filled);
    filled = 0;
  }

  /** Ends the string. */
  LongString finish() throws IOException {
    breakPair();
    flush();
    return new LongString(
        start, spool.size() - start, halfPair ? Optional.of(Text.HALF_PAIR) : Optional.empty());
  }
}
