package io.mailraft.node.smtp;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads command lines off the wire, strictly: a line ends with CRLF and with nothing else.
 *
 * <p>A line with a bare CR or LF in it, or one that is too long, is answered as soon as that shows,
 * and then passed over up to its CRLF. So a client that ends its lines with LF alone learns why it
 * gets nowhere, and yet nothing after a bare LF is ever taken for a command.
 */
final class CommandReader {
  /**
   * Longest command line with its CRLF: 512 of RFC 5321 4.5.3.1.4, what SIZE, 8BITMIME and SMTPUTF8
   * add for MAIL, and room for AUTH or a source route.
   */
  static final int LINE_BYTES_MAX = 1024;

  /** Longest line of an AUTH exchange with its CRLF (RFC 4954 4). */
  static final int AUTH_BYTES_MAX = 12_288;

  private static final byte[] AUTH = "AUTH ".getBytes(StandardCharsets.US_ASCII);

  private final Wire wire;
  private final long commandNanos;
  private boolean passingOver;
  private boolean carriageReturn;

  CommandReader(Wire wire, long commandNanos) {
    this.wire = wire;
    this.commandNanos = commandNanos;
  }

  /**
   * Waits for the next line.
   *
   * @param idle whether the session holds no transaction
   * @param latestNanoTime time that the line must not be later than, whatever the time for a
   *     command; see {@link System#nanoTime}
   * @return empty where there will be none
   */
  Optional<CommandLine> next(boolean idle, Optional<Long> latestNanoTime) {
    long deadline = System.nanoTime() + commandNanos;
    if (latestNanoTime.isPresent() && latestNanoTime.get() - deadline < 0) {
      deadline = latestNanoTime.get();
    }
    wire.deadlineAt(deadline);
    try {
      return passOver(idle) ? read(idle, false) : Optional.empty();
    } finally {
      wire.noDeadline();
    }
  }

  /**
   * Waits for the answer to a challenge of an AUTH exchange, in the session's idle time.
   *
   * @return empty where there will be none
   */
  Optional<CommandLine> response() {
    wire.deadlineAt(System.nanoTime() + commandNanos);
    try {
      return read(true, true);
    } finally {
      wire.noDeadline();
    }
  }

  /** What the line that begins here may hold. */
  private static int bytesMax(byte[] input, int start, int end, boolean response) {
    if (response) {
      return AUTH_BYTES_MAX;
    }
    for (int i = 0; i < AUTH.length; i++) {
      // The blank is not changed by this: 0x20 & 0xdf is 0 for both.
      if (start + i >= end || (input[start + i] & 0xdf) != (AUTH[i] & 0xdf)) {
        return LINE_BYTES_MAX;
      }
    }
    return AUTH_BYTES_MAX;
  }

  private boolean passOver(boolean idle) {
    while (passingOver) {
      if (wire.start() == wire.end() && !wire.fill(idle)) {
        return false;
      }
      byte[] input = wire.input();
      int position = wire.start();
      while (passingOver && position < wire.end()) {
        byte b = input[position++];
        passingOver = !(b == '\n' && carriageReturn);
        carriageReturn = b == '\r';
      }
      wire.consumeTo(position);
    }
    return true;
  }

  private Optional<CommandLine> read(boolean idle, boolean response) {
    int scanned = 0; // Counted from the line's start, since filling may move it.
    while (true) {
      byte[] input = wire.input();
      int start = wire.start();
      int bytesMax = bytesMax(input, start, wire.end(), response);
      int end = Math.min(wire.end(), start + bytesMax);
      for (int i = start + scanned; i < end; i++) {
        boolean afterCarriageReturn = i > start && input[i - 1] == '\r';
        if (input[i] == '\n') {
          wire.consumeTo(i + 1);
          return afterCarriageReturn
              ? Optional.of(
                  response
                      ? CommandLine.response(input, start, i - 1)
                      : CommandLine.parse(input, start, i - 1))
              : refuse(Reply.BARE_IN_COMMAND, false);
        }
        if (afterCarriageReturn) {
          wire.consumeTo(i + 1);
          return refuse(Reply.BARE_IN_COMMAND, input[i] == '\r');
        }
      }
      scanned = end - start;
      if (scanned == bytesMax) {
        wire.consumeTo(end);
        return refuse(
            response ? Reply.RESPONSE_TOO_LONG : Reply.COMMAND_TOO_LONG, input[end - 1] == '\r');
      }
      if (!wire.fill(idle)) {
        return Optional.empty();
      }
    }
  }

  private Optional<CommandLine> refuse(Reply answer, boolean endsWithCarriageReturn) {
    passingOver = true;
    carriageReturn = endsWithCarriageReturn;
    return Optional.of(CommandLine.malformed(answer));
  }
}
