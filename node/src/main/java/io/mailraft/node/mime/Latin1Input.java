package io.mailraft.node.mime;

import java.io.IOException;
import java.io.InputStream;

/** Bytes that are written as the characters U+0000 to U+00FF, from UTF-8. */
final class Latin1Input extends DecodingInput {
  private int lead = -1;

  Latin1Input(String path, InputStream in) {
    super(path, in);
  }

  @Override
  void take(int b) throws IOException {
    if (lead >= 0) {
      put((lead << 6) | (b & 0x3f));
      lead = -1;
    } else if (b < 0x80) {
      put(b);
    } else if (b == 0xc2 || b == 0xc3) {
      lead = b & 0x03;
    } else {
      throw wrong("holds a character beyond U+00FF, which latin1 does not have");
    }
  }

  @Override
  void end() {
    // The text is well-formed, so nothing is left.
  }
}
