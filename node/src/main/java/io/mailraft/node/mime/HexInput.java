package io.mailraft.node.mime;

import java.io.IOException;
import java.io.InputStream;

/** Pairs of hex digits decoded. */
final class HexInput extends DecodingInput {
  private int high = -1;

  HexInput(String path, InputStream in) {
    super(path, in);
  }

  @Override
  void take(int b) throws IOException {
    int digit = b < 0x80 ? Character.digit(b, 16) : -1;
    if (digit < 0) {
      throw wrong("is not hex");
    }
    if (high < 0) {
      high = digit;
    } else {
      put((high << 4) | digit);
      high = -1;
    }
  }

  @Override
  void end() throws IOException {
    if (high >= 0) {
      throw wrong("is not hex: it ends with half of a byte");
    }
  }
}
