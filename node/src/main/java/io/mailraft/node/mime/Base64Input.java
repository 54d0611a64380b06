package io.mailraft.node.mime;

import java.io.IOException;
import java.io.InputStream;

/**
 * Base64 decoded (RFC 4648 4 and 5): either alphabet, with or without padding, blanks and line
 * breaks anywhere. Everything else is refused.
 */
final class Base64Input extends DecodingInput {
  private int bits;
  private int digits;
  private int padding;

  Base64Input(String path, InputStream in) {
    super(path, in);
  }

  @Override
  void take(int b) throws IOException {
    if (b == ' ' || b == '\t' || b == '\r' || b == '\n') {
      return;
    }
    if (b == '=') {
      padding++;
      return;
    }
    int value = value(b);
    if (value < 0 || padding > 0) {
      throw wrong(value < 0 ? "is not base64" : "is not base64: something follows its end");
    }
    bits = (bits << 6) | value;
    digits++;
    switch (digits & 3) {
      case 2 -> put(bits >> 4);
      case 3 -> put(bits >> 2);
      case 0 -> put(bits);
      default -> {} // The first of four digits makes no byte.
    }
  }

  private static int value(int b) {
    if (b >= 'A' && b <= 'Z') {
      return b - 'A';
    }
    if (b >= 'a' && b <= 'z') {
      return b - 'a' + 26;
    }
    if (b >= '0' && b <= '9') {
      return b - '0' + 52;
    }
    return switch (b) {
      case '+', '-' -> 62;
      case '/', '_' -> 63;
      default -> -1;
    };
  }

  @Override
  void end() throws IOException {
    int left = digits & 3;
    boolean padded = padding == 0 || padding == (4 - left) % 4;
    if (left == 1 || !padded) {
      throw wrong("is not base64: it ends too early");
    }
  }
}
