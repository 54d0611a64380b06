package io.mailraft.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of bytes as files write them: {@code 512KiB}, {@code 10MB}, {@code 4096}. */
final class Sizes {
  private static final Pattern FORM =
      Pattern.compile("([0-9]{1,19})(B|KB|KiB|MB|MiB|GB|GiB|TB|TiB)?");
  private static final List<String> BINARY_UNITS = List.of("TiB", "GiB", "MiB", "KiB");

  private Sizes() {}

  /**
   * Reads a size.
   *
   * @throws IllegalArgumentException if the text is none
   */
  static long parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          Problems.quoted(text)
              + " is not a size; write bytes or a number with KiB, MiB, GiB, TiB,"
              + " KB, MB, GB or TB, like 512KiB");
    }
    String unit = matcher.group(2) == null ? "B" : matcher.group(2);
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), bytesOf(unit));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(Problems.quoted(text) + " is more than any disk holds", e);
    }
  }

  private static long bytesOf(String unit) {
    long base = unit.endsWith("iB") ? 1024 : 1000;
    long bytes = 1;
    for (int power = "BKMGT".indexOf(unit.charAt(0)); power > 0; power--) {
      bytes *= base;
    }
    return bytes;
  }

  /** The size in the largest binary unit that divides it. */
  static String format(long bytes) {
    for (String unit : BINARY_UNITS) {
      if (bytes != 0 && bytes % bytesOf(unit) == 0) {
        return bytes / bytesOf(unit) + unit;
      }
    }
    return Long.toString(bytes);
  }
}
