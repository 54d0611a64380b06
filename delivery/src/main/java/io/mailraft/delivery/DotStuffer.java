package io.mailraft.delivery;

import io.netty.buffer.ByteBuf;

/** Doubles the dots at the start of lines (RFC 5321 4.5.2), piece by piece. Lines end in CRLF. */
final class DotStuffer {
  private static final byte[] CRLF = {'\r', '\n'};

  private enum Last {
    LINE_END,
    CR,
    OTHER
  }

  private Last last = Last.LINE_END;

  /** Writes a piece of content; it grows by half at the very most. */
  void write(byte[] from, int offset, int length, ByteBuf to) {
    int end = offset + length;
    int run = offset;
    Last state = last;
    int i = offset;
    while (i < end) {
      byte b = from[i];
      if (b == '\r') {
        state = Last.CR;
        i++;
      } else if (b == '\n') {
        state = state == Last.CR ? Last.LINE_END : Last.OTHER;
        i++;
      } else {
        if (b == '.' && state == Last.LINE_END) {
          to.writeBytes(from, run, i - run).writeByte('.');
          run = i;
        }
        state = Last.OTHER;
        i = lineUntil(from, i + 1, end);
      }
    }
    to.writeBytes(from, run, end - run);
    last = state;
  }

  /** Goes on to where a line may end. Most of the time goes by here, so it is no more than this. */
  private static int lineUntil(byte[] from, int offset, int end) {
    int i = offset;
    while (i < end && (from[i] > '\r' || from[i] < 0)) {
      i++;
    }
    return i;
  }

  /** Writes the end of the last line if it has none. */
  void end(ByteBuf to) {
    if (last != Last.LINE_END) {
      to.writeBytes(CRLF);
      last = Last.LINE_END;
    }
  }
}
