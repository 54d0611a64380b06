package io.mailraft.delivery;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The times of one connection's parts, as they pass. Used on its event loop.
 *
 * <p>A part lasts from its mark to the next one, the part that is under way until it is asked for.
 */
final class Stopwatch {
  private final LongSupplier nanos;
  private final long connectNanos;
  private final long openedNanos;
  private long handshakeBegun;
  private long handshakeNanos;
  private long mailBegun;
  private long contentBegun;
  private long dotWritten;
  private long helloNanos;
  private int transactions;
  private boolean underWay;
  private boolean content;
  private boolean dot;
  private String tlsVersion = "";
  private String tlsCipher = "";

  /**
   * The socket is open.
   *
   * @param nanos the monotonic clock
   * @param connectBegunNanos when its opening began
   */
  Stopwatch(LongSupplier nanos, long connectBegunNanos) {
    this.nanos = nanos;
    this.openedNanos = nanos.getAsLong();
    this.connectNanos = openedNanos - connectBegunNanos;
  }

  void handshakeBegins() {
    handshakeBegun = nanos.getAsLong();
  }

  void handshakeEnded(String version, String cipher) {
    handshakeNanos = nanos.getAsLong() - handshakeBegun;
    tlsVersion = version;
    tlsCipher = cipher;
  }

  /** MAIL is being written. */
  void mail() {
    mailBegun = nanos.getAsLong();
    if (transactions++ == 0) {
      helloNanos = mailBegun - openedNanos - handshakeNanos;
    }
    underWay = true;
    content = false;
    dot = false;
  }

  /** The transaction is over. */
  void over() {
    underWay = false;
  }

  /** DATA was answered. */
  void content() {
    contentBegun = nanos.getAsLong();
    content = true;
  }

  /** The final dot is written. */
  void dot() {
    dotWritten = nanos.getAsLong();
    dot = true;
  }

  /** What the transaction that is under way has found and taken; empty where there is none. */
  Optional<Attempt> attempt() {
    if (!underWay) {
      return Optional.empty();
    }
    long now = nanos.getAsLong();
    boolean reused = transactions > 1;
    return Optional.of(
        new Attempt(
            tlsVersion,
            tlsCipher,
            reused,
            reused ? 0 : millis(connectNanos),
            reused ? 0 : millis(helloNanos),
            reused ? 0 : millis(handshakeNanos),
            millis((content ? contentBegun : now) - mailBegun),
            content ? millis((dot ? dotWritten : now) - contentBegun) : 0,
            dot ? millis(now - dotWritten) : 0));
  }

  private static int millis(long nanos) {
    return Math.clamp(TimeUnit.NANOSECONDS.toMillis(nanos), 0, Integer.MAX_VALUE);
  }
}
