package io.mailraft.node.smtp;

import io.mailraft.node.access.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bytes of one connection, both ways, with their deadlines.
 *
 * <p>Input is read in blocks and looked at in place. Output is gathered and leaves when there is no
 * more input to look at (RFC 2920 3.2), so pipelined commands share a packet. A client that has
 * gone reads as the end of input; nothing here throws because of it.
 *
 * <p>The session's thread does all reading and writing. A deadline is a time for a whole command or
 * a whole content, and does not move when a byte trickles in: {@link DeadlineWatch} calls {@link
 * #expire} once it has passed, which ends the input (or, where the client takes no replies, the
 * connection).
 */
final class Wire {
  private static final Logger LOG = LoggerFactory.getLogger(Wire.class);
  private static final int INPUT_BYTES = 16 * 1024;
  private static final int OUTPUT_BYTES = 512;
  private static final int OUTPUT_BYTES_MAX = 8 * 1024;
  private static final int LINGER_BYTES_MAX = 256 * 1024;
  private static final long LINGER_NANOS = 1_000_000_000L;
  private static final long NEVER = Long.MAX_VALUE;

  /** Why there is no more input. */
  enum End {
    /** The client closed, or the connection broke. */
    GONE,
    /** A deadline passed. */
    EXPIRED,
    /** The listener is stopping. */
    STOPPED
  }

  private enum Phase {
    BUSY,
    IDLE,
    STOPPED
  }

  private final Socket socket;
  private InputStream in;
  private OutputStream out;
  private Optional<SSLSocket> tls = Optional.empty();
  private final long writeNanos;
  private final byte[] input = new byte[INPUT_BYTES];
  private int start;
  private int end;
  private byte[] output = new byte[OUTPUT_BYTES];
  private int outputLength;
  private boolean gone;

  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.BUSY);
  private volatile long deadlineNanos = NEVER;
  private volatile boolean writing;
  private volatile boolean expired;
  private volatile boolean stopping;

  /**
   * Takes over a connected socket.
   *
   * @param in the socket's input
   * @param out the socket's output
   * @param writeNanos time for which a reply may wait for the client to read
   */
  Wire(Socket socket, InputStream in, OutputStream out, long writeNanos) {
    this.socket = socket;
    this.in = in;
    this.out = out;
    this.writeNanos = writeNanos;
  }

  /**
   * Begins TLS. What has come in and was not consumed came in the clear, and is forgotten; what is
   * gathered for the client leaves under TLS.
   *
   * @param nanos time for the whole handshake
   * @return whether it came about; if not, there is neither input nor output any more
   */
  boolean startTls(SSLContext context, long nanos) {
    start = 0;
    end = 0;
    writing = true; // So that a handshake that takes too long is cut off, whatever it waits for.
    deadline(nanos);
    try {
      SSLSocket secured =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(
                      new PlainSide(socket, in, out), InputStream.nullInputStream(), false);
      SSLParameters parameters = secured.getSSLParameters();
      parameters.setProtocols(TlsIdentity.PROTOCOLS.toArray(String[]::new));
      parameters.setUseCipherSuitesOrder(true);
      secured.setSSLParameters(parameters);
      secured.startHandshake();
      in = secured.getInputStream();
      out = secured.getOutputStream();
      tls = Optional.of(secured);
    } catch (IOException | RuntimeException e) {
      LOG.debug("a TLS handshake did not come about", e);
      gone = true;
      outputLength = 0;
    }
    noDeadline();
    writing = false;
    return !gone;
  }

  /** What was agreed on for this connection; empty without TLS. */
  Optional<SSLSession> tls() {
    return tls.map(SSLSocket::getSession);
  }

  // Input, for the session's thread.

  byte[] input() {
    return input;
  }

  /** Where the bytes begin that were not consumed. */
  int start() {
    return start;
  }

  /** Where the bytes end that have come in. */
  int end() {
    return end;
  }

  void consumeTo(int position) {
    start = position;
  }

  void consumeAll() {
    start = end;
  }

  /**
   * Waits for more input, having sent what is gathered. May move the bytes that were not consumed
   * to the front.
   *
   * @param idle whether the session holds no transaction, so that it can be stopped meanwhile
   * @return false where there will be no more; {@link #inputEnd} says why
   */
  boolean fill(boolean idle) {
    flush();
    if (start == end) {
      start = 0;
      end = 0;
    } else if (end == input.length) {
      System.arraycopy(input, start, input, 0, end - start);
      end -= start;
      start = 0;
    }
    if (gone || expired || phase.get() == Phase.STOPPED) {
      return false;
    }
    if (idle) {
      // Order matters: the phase is set before the flag is read, and stop() sets the flag before it
      // reads the phase.
      phase.set(Phase.IDLE);
      if (stopping) {
        phase.set(Phase.STOPPED);
        return false;
      }
    }
    int count;
    try {
      count = in.read(input, end, input.length - end);
    } catch (IOException e) {
      count = -1; // A broken connection and a closed one are the same to a relay.
    }
    if (idle && !phase.compareAndSet(Phase.IDLE, Phase.BUSY)) {
      return false;
    }
    if (count <= 0) {
      gone |= !expired && phase.get() != Phase.STOPPED;
      return false;
    }
    end += count;
    return true;
  }

  /** Why the input ended. */
  End inputEnd() {
    if (phase.get() == Phase.STOPPED) {
      return End.STOPPED;
    }
    return expired ? End.EXPIRED : End.GONE;
  }

  // Output, for the session's thread.

  void write(byte[] bytes) {
    write(bytes, 0, bytes.length);
  }

  void write(byte[] bytes, int offset, int count) {
    if (outputLength + count > output.length) {
      if (outputLength + count > OUTPUT_BYTES_MAX) {
        flush();
      }
      if (outputLength + count > output.length) {
        output = Arrays.copyOf(output, Math.max(outputLength + count, 2 * output.length));
      }
    }
    System.arraycopy(bytes, offset, output, outputLength, count);
    outputLength += count;
  }

  /** Sends what is gathered, and waits no longer for the client to take it than a reply may. */
  void flush() {
    if (outputLength == 0) {
      return;
    }
    if (!gone) {
      long saved = deadlineNanos;
      writing = true;
      deadlineNanos = System.nanoTime() + writeNanos;
      try {
        out.write(output, 0, outputLength);
      } catch (IOException e) {
        gone = true; // Nobody is left to be told.
      }
      deadlineNanos = saved;
      writing = false;
    }
    outputLength = 0;
  }

  /**
   * Sends what is gathered, after which there is neither input nor output.
   *
   * @param linger whether the client may still have something on its way: that is read for a
   *     moment, since closing a socket with unread input takes the last reply back (RST)
   */
  void finish(boolean linger) {
    flush();
    if (!gone && tls.isPresent()) {
      endTls(tls.get());
    }
    if (!gone && linger) {
      linger();
    }
    gone = true;
    start = 0;
    end = 0;
  }

  /** Says that nothing was cut off. */
  private void endTls(SSLSocket secured) {
    writing = true;
    deadline(writeNanos);
    try {
      secured.shutdownOutput();
    } catch (IOException e) {
      LOG.trace("the client has gone", e);
    }
    noDeadline();
    writing = false;
  }

  private void linger() {
    try {
      socket.shutdownOutput();
      deadline(LINGER_NANOS);
      int lingered = 0;
      int count = 0;
      while (count >= 0 && !expired && lingered < LINGER_BYTES_MAX) {
        count = in.read(input, 0, input.length);
        lingered += count;
      }
    } catch (IOException e) {
      // The client closed first, which is what was waited for.
    }
    noDeadline();
  }

  /** Sets the time until which the input at hand must have come in, counted from this moment. */
  void deadline(long nanos) {
    deadlineAt(System.nanoTime() + nanos);
  }

  /**
   * Sets the time, in terms of {@link System#nanoTime}, until which the input at hand must have
   * come in.
   */
  void deadlineAt(long nanoTime) {
    deadlineNanos = nanoTime == NEVER ? NEVER - 1 : nanoTime;
  }

  void noDeadline() {
    deadlineNanos = NEVER;
  }

  // For other threads.

  /** Ends the input if the deadline has passed. */
  void expire(long nowNanos) {
    long deadline = deadlineNanos;
    if (deadline == NEVER || nowNanos - deadline < 0) {
      return;
    }
    if (writing) {
      closeNow();
    } else {
      expired = true;
      shutInput();
    }
  }

  /** Ends the input as soon as the session holds no transaction. */
  void stop() {
    stopping = true;
    if (phase.compareAndSet(Phase.IDLE, Phase.STOPPED)) {
      shutInput();
    }
  }

  /** Ends the input now. */
  void stopNow() {
    stopping = true;
    phase.set(Phase.STOPPED);
    shutInput();
  }

  /** Closes the connection under the session. */
  void closeNow() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed either way.
    }
  }

  private void shutInput() {
    try {
      socket.shutdownInput();
    } catch (IOException e) {
      // Closed already.
    }
  }
}
