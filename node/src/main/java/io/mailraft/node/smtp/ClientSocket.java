package io.mailraft.node.smtp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketImpl;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An accepted connection, as SubEthaSMTP gets to see it.
 *
 * <p>SubEthaSMTP's session reads commands byte by byte through readers of its own that cannot be
 * replaced, with a timeout per read, lenient line ends and an unbounded wait. So it is given
 * streams that leave it nothing to read but the verb of a command line which has been read in
 * whole, in time and strictly ({@link CommandReader}); its loop then runs our command of that name,
 * which finds the line and the raw input in the {@link Conversation}. Since never more than one
 * line is handed over, nothing of the client's input can hide in its buffers.
 */
final class ClientSocket extends Socket {
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable Conversation conversation;
  private volatile Runnable onClose = () -> {};

  ClientSocket() throws IOException {
    super((SocketImpl) null);
  }

  /** Says what is to be done, once, when the connection closes. */
  void onClose(Runnable action) {
    onClose = action;
  }

  /**
   * Joins the accepted connection and its conversation. Called once, before SubEthaSMTP sees the
   * socket.
   */
  void begin(Door door) throws IOException {
    Wire wire =
        new Wire(
            this,
            super.getInputStream(),
            super.getOutputStream(),
            door.config().commandTimeout().toNanos());
    conversation = new Conversation(door, wire, getInetAddress());
  }

  /** Closes a connection that has not begun, with one line. */
  void refuse(Reply reply) throws IOException {
    super.getOutputStream().write(reply.bytes());
    close();
  }

  Conversation conversation() {
    Conversation begun = conversation;
    if (begun == null) {
      throw new IllegalStateException("the connection has not begun");
    }
    return begun;
  }

  @Override
  public InputStream getInputStream() {
    return new VerbInput(conversation());
  }

  @Override
  public OutputStream getOutputStream() {
    return new ReplyOutput(conversation().wire());
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      if (closed.compareAndSet(false, true)) {
        onClose.run();
      }
    }
  }

  /** Hands over one verb line at a time. */
  private static final class VerbInput extends InputStream {
    private final Conversation conversation;
    private byte[] line = new byte[0];
    private int position;

    VerbInput(Conversation conversation) {
      this.conversation = conversation;
    }

    @Override
    public int read(byte[] target, int offset, int count) {
      if (position == line.length) {
        line = conversation.awaitCommand();
        position = 0;
        if (line.length == 0) {
          return -1;
        }
      }
      int copied = Math.min(count, line.length - position);
      System.arraycopy(line, position, target, offset, copied);
      position += copied;
      return copied;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }
  }

  /** Gathers what SubEthaSMTP says itself, the banner above all. */
  private static final class ReplyOutput extends OutputStream {
    private final Wire wire;

    ReplyOutput(Wire wire) {
      this.wire = wire;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
      wire.write(bytes, offset, count);
    }

    @Override
    public void write(int b) {
      wire.write(new byte[] {(byte) b});
    }
  }
}
