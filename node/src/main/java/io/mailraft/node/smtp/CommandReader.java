package io.mailraft.node.smtp;

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
   * add for MAIL, and room for a source route.
   */
  static final int LINE_BYTES_MAX = 1024;

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
      return passOver(idle) ? read(idle) : Optional.empty();
    } finally {
      wire.noDeadline();
    }
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

  private Optional<CommandLine> read(boolean idle) {
    int scanned = 0; // Counted from the line's start, since filling may move it.
    while (true) {
      byte[] input = wire.input();
      int start = wire.start();
      int end = Math.min(wire.end(), start + LINE_BYTES_MAX);
      for (int i = start + scanned; i < end; i++) {
        boolean afterCarriageReturn = i > start && input[i - 1] == '\r';
        if (input[i] == '\n') {
          wire.consumeTo(i + 1);
          return afterCarriageReturn
              ? Optional.of(CommandLine.parse(input, start, i - 1))
              : refuse(Reply.BARE_IN_COMMAND, false);
        }
        if (afterCarriageReturn) {
          wire.consumeTo(i + 1);
          return refuse(Reply.BARE_IN_COMMAND, input[i] == '\r');
        }
      }
      scanned = end - start;
      if (scanned == LINE_BYTES_MAX) {
        wire.consumeTo(end);
        return refuse(Reply.COMMAND_TOO_LONG, input[end - 1] == '\r');
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
