package io.mailraft.testkit;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** One connection's bytes: command lines and dot-terminated content in, replies out. */
final class Wire {
  private static final int BLOCK_BYTES = 64 * 1024;
  private static final int LINE_BYTES_MAX = 4096;

  private Socket socket;
  private InputStream in;
  private OutputStream out;
  private final byte[] block = new byte[BLOCK_BYTES];
  private int position;
  private int limit;
  private byte[] pending = new byte[512];
  private int pendingBytes;

  Wire(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  /**
   * The next line without its end. What was answered leaves first if the client has said nothing
   * more yet.
   */
  String line() throws IOException {
    StringBuilder start = new StringBuilder();
    while (true) {
      if (position == limit) {
        flush();
        fill();
      }
      int end = position;
      while (end < limit && block[end] != '\n') {
        end++;
      }
      start.append(new String(block, position, end - position, StandardCharsets.ISO_8859_1));
      if (start.length() > LINE_BYTES_MAX) {
        throw new IOException("command line too long");
      }
      if (end < limit) {
        position = end + 1;
        int length = start.length();
        if (length > 0 && start.charAt(length - 1) == '\r') {
          start.setLength(length - 1);
        }
        return new String(
            start.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      }
      position = limit;
    }
  }

  /**
   * Reads up to and with the final dot, and hands on what lies before it with the stuffed dots
   * removed.
   */
  void content(Content content) throws IOException {
    ContentState state = ContentState.LINE_START;
    while (true) {
      if (position == limit) {
        fill();
      }
      int run = position;
      for (int i = position; i < limit; i++) {
        byte b = block[i];
        switch (state) {
          case TEXT -> {
            if (b == '\r') {
              state = ContentState.CR;
            }
          }
          case CR -> {
            if (b == '\n') {
              state = ContentState.LINE_START;
            } else if (b != '\r') {
              state = ContentState.TEXT;
            }
          }
          case LINE_START -> {
            if (b == '.') {
              content.add(block, run, i - run);
              run = i + 1;
              state = ContentState.DOT;
            } else {
              state = b == '\r' ? ContentState.CR : ContentState.TEXT;
            }
          }
          case DOT -> {
            if (b == '\r') {
              run = i + 1;
              state = ContentState.DOT_CR;
            } else {
              state = ContentState.TEXT;
            }
          }
          case DOT_CR -> {
            if (b == '\n') {
              position = i + 1;
              return;
            }
            content.add(new byte[] {'\r'}, 0, 1);
            state = b == '\r' ? ContentState.CR : ContentState.TEXT;
          }
        }
      }
      content.add(block, run, limit - run);
      position = limit;
    }
  }

  /** Queues a reply; lines are separated by LF. */
  void reply(String text) {
    byte[] bytes = (text.replace("\n", "\r\n") + "\r\n").getBytes(StandardCharsets.UTF_8);
    if (pendingBytes + bytes.length > pending.length) {
      pending = Arrays.copyOf(pending, (pendingBytes + bytes.length) * 2);
    }
    System.arraycopy(bytes, 0, pending, pendingBytes, bytes.length);
    pendingBytes += bytes.length;
  }

  void flush() throws IOException {
    if (pendingBytes > 0) {
      out.write(pending, 0, pendingBytes);
      out.flush();
      pendingBytes = 0;
    }
  }

  /** Writes one byte at once. */
  void push(byte b) throws IOException {
    out.write(b);
    out.flush();
  }

  /** Reads and forgets until the client goes away. */
  void drain() throws IOException {
    position = limit;
    in.transferTo(OutputStream.nullOutputStream());
  }

  /** Encrypts the connection. What the client has said in clear after STARTTLS is not believed. */
  void secure(SSLContext context) throws IOException {
    flush();
    byte[] early = Arrays.copyOfRange(block, position, limit);
    SSLSocket secured =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, new ByteArrayInputStream(early), true);
    secured.setUseClientMode(false);
    secured.startHandshake();
    position = 0;
    limit = 0;
    socket = secured;
    in = secured.getInputStream();
    out = secured.getOutputStream();
  }

  void close() throws IOException {
    socket.close();
  }

  private void fill() throws IOException {
    position = 0;
    limit = 0;
    int read = in.read(block);
    if (read < 0) {
      throw new EOFException("the client went away");
    }
    limit = read;
  }

  private enum ContentState {
    LINE_START,
    TEXT,
    CR,
    DOT,
    DOT_CR
  }
}
