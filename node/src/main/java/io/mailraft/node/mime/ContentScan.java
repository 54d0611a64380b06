package io.mailraft.node.mime;

import java.io.IOException;
import java.io.InputStream;

/**
 * What content is made of, as far as its transfer encoding depends on it (RFC 2045 6).
 *
 * @param ascii whether no byte has its highest bit set
 * @param plain whether it can go as it is: visible ASCII in lines of 76 at most
 * @param latin number of ASCII letters
 * @param other number of characters and controls that quoted-printable would have to encode
 */
record ContentScan(boolean ascii, boolean plain, long latin, long other) {
  static final ContentScan NOTHING = new ContentScan(true, true, 0, 0);

  private static final int LINE_OCTETS_MAX = 76;

  /** Reads the content once. */
  static ContentScan of(Content content) throws IOException {
    boolean ascii = true;
    boolean plain = true;
    long latin = 0;
    long other = 0;
    int line = 0;
    byte[] block = new byte[8192];
    try (InputStream in = content.open()) {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        for (int i = 0; i < count; i++) {
          int b = block[i];
          boolean lineEnd = b == '\n' || b == '\r';
          line = lineEnd ? 0 : line + 1;
          ascii &= b >= 0;
          boolean control = (b >= 0 && b < ' ' && !lineEnd && b != '\t') || b == 0x7f;
          plain &= b >= 0 && !control && line <= LINE_OCTETS_MAX;
          latin += (b | 0x20) >= 'a' && (b | 0x20) <= 'z' ? 1 : 0;
          // A character is counted by its first byte; the ones behind are of the form 10xxxxxx.
          other += control || (b < 0 && (b & 0xc0) == 0xc0) ? 1 : 0;
        }
      }
    }
    return new ContentScan(ascii, plain, latin, other);
  }

  /** The encoding of text that people can read best when it is not decoded. */
  String best() {
    if (plain) {
      return "7bit";
    }
    return other <= latin ? "quoted-printable" : "base64";
  }
}
