package io.mailraft.node.smtp;

/**
 * Reads the content of a message block by block: finds where DATA content ends, takes the stuffed
 * dots out, and notes what must not be in a message.
 *
 * <p>A line ends with CRLF and with nothing else. So DATA content ends at the first CRLF dot CRLF,
 * or at dot CRLF right at the start (the CRLF of the DATA command counts, RFC 5321 4.1.1.4), and no
 * other sequence of bytes can pass for the end here while it is content for another relay, or the
 * other way round. A bare CR or LF is noted as a fault, and the scanner then goes on to the true
 * end, so that what follows is read as commands only from there.
 *
 * <pre>
 * state          CR              LF                 dot                    other
 * LINE_START     AFTER_CR        bare, IN_LINE      AFTER_DOT (dropped)    IN_LINE
 * IN_LINE        AFTER_CR        bare               IN_LINE                IN_LINE
 * AFTER_CR       bare, AFTER_CR  LINE_START         bare, IN_LINE          bare, IN_LINE
 * AFTER_DOT      AFTER_DOT_CR    bare, IN_LINE      IN_LINE                IN_LINE
 * AFTER_DOT_CR   bare, AFTER_CR  the end            bare, IN_LINE          bare, IN_LINE
 * </pre>
 *
 * BDAT content (RFC 3030) goes the same way without the states of the dot.
 */
final class ContentScanner {

  /** What must not be in a message, in the order in which it is reported. */
  enum Fault {
    NONE,
    BARE_CR_OR_LF,
    NUL,
    LINE_TOO_LONG
  }

  private enum State {
    LINE_START,
    IN_LINE,
    AFTER_CR,
    AFTER_DOT,
    AFTER_DOT_CR
  }

  private final boolean dotted;
  private final int maxLineBytes;
  private State state = State.LINE_START;
  private long lineBytes;
  private boolean eightBit;
  private Fault fault = Fault.NONE;

  /**
   * Starts at the first byte of the content.
   *
   * @param dotted whether the content is that of DATA, dot-stuffed and ended by a dot
   * @param maxLineBytes longest line without its CRLF and without a stuffed dot
   */
  ContentScanner(boolean dotted, int maxLineBytes) {
    this.dotted = dotted;
    this.maxLineBytes = maxLineBytes;
  }

  /**
   * Takes the bytes from {@code from} to {@code to}, and hands content on to the sink.
   *
   * @return where the bytes after the terminator begin, or -1 if the content goes on
   */
  int scan(byte[] block, int from, int to, ContentSink sink) {
    int position = from;
    int run = from; // Where content begins that is not handed on yet.
    while (position < to) {
      switch (state) {
        case LINE_START -> {
          lineBytes = 0;
          if (dotted && block[position] == '.') {
            emit(block, run, position, sink);
            run = ++position;
            state = State.AFTER_DOT;
          } else {
            state = State.IN_LINE;
          }
        }
        case IN_LINE -> position = scanLine(block, position, to);
        case AFTER_CR -> {
          if (block[position] == '\n') {
            position++;
            state = State.LINE_START;
          } else {
            fault(Fault.BARE_CR_OR_LF);
            state = State.IN_LINE;
          }
        }
        case AFTER_DOT -> {
          if (block[position] == '\r') {
            position++;
            state = State.AFTER_DOT_CR;
          } else {
            run = position;
            state = State.IN_LINE;
          }
        }
        case AFTER_DOT_CR -> {
          if (block[position] == '\n') {
            return position + 1;
          }
          // The CR was content, but of a message that is refused by now: it needs no handing on.
          fault(Fault.BARE_CR_OR_LF);
          run = position;
          state = State.IN_LINE;
        }
      }
    }
    if (state != State.AFTER_DOT && state != State.AFTER_DOT_CR) {
      emit(block, run, to, sink);
    }
    return -1;
  }

  /** Goes through a line up to and over its CR, or to the end of the block. */
  private int scanLine(byte[] block, int from, int to) {
    int position = from;
    int bits = 0;
    while (position < to) {
      byte b = block[position];
      if (b <= '\r') {
        if (b < 0) {
          bits |= b;
        } else if (b == '\r') {
          break;
        } else if (b == '\n') {
          fault(Fault.BARE_CR_OR_LF);
        } else if (b == 0) {
          fault(Fault.NUL);
        }
      }
      position++;
    }
    eightBit |= bits < 0;
    lineBytes += position - from;
    if (lineBytes > maxLineBytes) {
      fault(Fault.LINE_TOO_LONG);
    }
    if (position < to) {
      position++;
      state = State.AFTER_CR;
    }
    return position;
  }

  /** Ends BDAT content after its last chunk. */
  void end() {
    if (state == State.AFTER_CR) {
      fault(Fault.BARE_CR_OR_LF);
      state = State.IN_LINE;
    }
  }

  /** Whether the content seen so far ends with CRLF, or is empty. */
  boolean atLineStart() {
    return state == State.LINE_START;
  }

  /** Whether any byte had its highest bit set. */
  boolean eightBit() {
    return eightBit;
  }

  /** The worst fault so far. */
  Fault fault() {
    return fault;
  }

  private void fault(Fault found) {
    if (fault == Fault.NONE || found.compareTo(fault) < 0) {
      fault = found;
    }
  }

  private static void emit(byte[] block, int from, int to, ContentSink sink) {
    if (from < to) {
      sink.content(block, from, to - from);
    }
  }
}
