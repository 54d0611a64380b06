package io.mailraft.node.message;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * SHA-256 of a body in relaxed canonical form (RFC 6376 3.4.4), computed as the body streams by:
 * runs of blanks within a line are one space, blanks at the end of a line and empty lines at the
 * end of the body are nothing. Belongs to one thread.
 */
public final class BodyHash {
  private static final int BUFFER_BYTES = 4096;

  private final MessageDigest digest;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;
  private long emptyLines;
  private boolean lineHasText;
  private boolean blanks;

  /** Starts at the first byte of the body. */
  public BodyHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Takes the next bytes. Lines end in CRLF. */
  public void update(byte[] block, int offset, int count) {
    for (int i = offset; i < offset + count; i++) {
      byte b = block[i];
      switch (b) {
        case '\r' -> {} // The LF that follows ends the line.
        case '\n' -> endLine();
        case ' ', '\t' -> blanks = true;
        default -> text(b);
      }
    }
  }

  private void text(byte b) {
    for (; emptyLines > 0; emptyLines--) {
      put('\r');
      put('\n');
    }
    if (blanks) {
      put(' ');
      blanks = false;
    }
    lineHasText = true;
    put(b);
  }

  private void endLine() {
    blanks = false;
    if (lineHasText) {
      put('\r');
      put('\n');
      lineHasText = false;
    } else {
      emptyLines++;
    }
  }

  private void put(int b) {
    if (filled == BUFFER_BYTES) {
      digest.update(buffer, 0, filled);
      filled = 0;
    }
    buffer[filled++] = (byte) b;
  }

  /** The hash, 32 bytes. Ends the computation: a last line without CRLF is given one. */
  public byte[] finish() {
    if (lineHasText) {
      endLine();
    }
    digest.update(buffer, 0, filled);
    filled = 0;
    return digest.digest();
  }
}
