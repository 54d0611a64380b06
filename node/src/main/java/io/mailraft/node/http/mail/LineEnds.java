package io.mailraft.node.http.mail;

import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import java.io.IOException;

/**
 * Puts the line ends of a message in order while it passes: a line that ended in LF ends in CRLF
 * then. Finds what must not be in a message: a CR that ends no line, NUL, a line that is too long.
 */
final class LineEnds {
  private static final byte[] CRLF = {'\r', '\n'};

  private final long maxLineBytes;
  private final Sink sink;
  private boolean afterCr;
  private boolean any;
  private boolean atLineStart = true;
  private boolean eightBit;
  private long lineBytes;

  /** Takes bytes, which are the caller's again on return. */
  @FunctionalInterface
  interface Sink {
    /** Takes the next ones. */
    void take(byte[] block, int offset, int count) throws IOException;
  }

  /**
   * @param maxLineBytes longest line without its line end
   * @param sink takes the content in order
   */
  LineEnds(int maxLineBytes, Sink sink) {
    this.maxLineBytes = maxLineBytes;
    this.sink = sink;
  }

  /** Takes the next bytes of the message. */
  void write(byte[] block, int offset, int count) throws IOException {
    int end = offset + count;
    int run = offset; // Where content begins that is not handed on yet.
    for (int i = offset; i < end; i++) {
      byte b = block[i];
      if (afterCr && b != '\n') {
        throw new InputException(
            Fault.INVALID_CONTENT, "the message holds a CR that ends no line; end lines with CRLF");
      }
      if (b == '\n') {
        if (!afterCr) {
          sink.take(block, run, i - run);
          sink.take(CRLF, 0, CRLF.length);
          run = i + 1;
        }
        afterCr = false;
        atLineStart = true;
        lineBytes = 0;
      } else if (b == '\r') {
        afterCr = true;
      } else {
        inLine(b);
      }
    }
    any |= count > 0;
    sink.take(block, run, end - run);
  }

  private void inLine(byte b) throws InputException {
    if (b == 0) {
      throw new InputException(Fault.INVALID_CONTENT, "the message holds NUL");
    }
    eightBit |= b < 0;
    atLineStart = false;
    if (++lineBytes > maxLineBytes) {
      throw new InputException(
          Fault.INVALID_CONTENT,
          "a line of the message is longer than the " + maxLineBytes + " bytes that are allowed");
    }
  }

  /** Ends the message, and its last line. */
  void end() throws IOException {
    if (afterCr) {
      throw new InputException(
          Fault.INVALID_CONTENT, "the message ends with a CR that ends no line");
    }
    if (any && !atLineStart) {
      sink.take(CRLF, 0, CRLF.length);
    }
  }

  /** Whether any byte had its highest bit set. */
  boolean eightBit() {
    return eightBit;
  }
}
