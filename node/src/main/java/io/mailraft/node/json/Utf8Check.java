package io.mailraft.node.json;

/**
 * Tells well-formed UTF-8 byte by byte (RFC 3629 4): no overlong form, no surrogate, nothing beyond
 * U+10FFFF.
 */
final class Utf8Check {
  private int expected;
  private int least = 0x80;
  private int most = 0xbf;

  /** Takes a byte; false where it cannot stand here. */
  boolean accepts(byte raw) {
    int b = raw & 0xff;
    if (expected > 0) {
      if (b < least || b > most) {
        return false;
      }
      expected--;
      least = 0x80;
      most = 0xbf;
      return true;
    }
    if (b < 0x80) {
      return true;
    }
    if (b < 0xc2 || b > 0xf4) {
      return false;
    }
    expected = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
    least = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
    most = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
    return true;
  }

  /** Whether the bytes so far end with a whole character. */
  boolean whole() {
    return expected == 0;
  }
}
