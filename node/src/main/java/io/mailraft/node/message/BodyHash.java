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
    int end = offset + count;
    int at = offset;
    while (at < end) {
      switch (block[at]) {
        case '\r' -> at++; // The LF that follows ends the line.
        case '\n' -> {
          endLine();
          at++;
        }
        case ' ', '\t' -> {
          blanks = true;
          at++;
        }
        default -> {
          int canonical = canonicalUntil(block, at, end);
          text(block, at, canonical - at);
          at = canonical;
        }
      }
    }
  }

  /**
   * Where a piece ends that is hashed as it stands, most of what there is: text, each blank by
   * itself and each end of a line between two octets of text. Begins and ends with text.
   */
  private static int canonicalUntil(byte[] block, int from, int to) {
    int at = from + 1;
    while (true) {
      while (at < to && (block[at] > ' ' || block[at] < 0)) {
        at++;
      }
      if (at == to) {
        return at;
      }
      int next =
          switch (block[at]) {
            case ' ' -> at + 1;
            case '\r' -> at + 1 < to && block[at + 1] == '\n' ? at + 2 : to;
            case '\n', '\t' -> to;
            default -> at;
          };
      if (next >= to || !isText(block[next])) {
        return at;
      }
      at = next + 1;
    }
  }

  private static boolean isText(byte b) {
    return b != ' ' && b != '\r' && b != '\n' && b != '\t';
  }

  private void text(byte[] block, int offset, int count) {
    for (; emptyLines > 0; emptyLines--) {
      put('\r');
      put('\n');
    }
    if (blanks) {
      put(' ');
      blanks = false;
    }
    lineHasText = true;
    if (count > BUFFER_BYTES - filled) {
      digest.update(buffer, 0, filled);
      filled = 0;
    }
    if (count > BUFFER_BYTES) {
      digest.update(block, offset, count);
    } else {
      System.arraycopy(block, offset, buffer, filled, count);
      filled += count;
    }
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
