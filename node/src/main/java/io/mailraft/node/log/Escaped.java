package io.mailraft.node.log;

/** Text from strangers on its way into a line for people. */
final class Escaped {
  /** Longest value that is shown whole, in characters. */
  static final int VALUE_CHARS_MAX = 2_500;

  private Escaped() {}

  /**
   * Appends text with everything escaped that could end a line, move the cursor or turn the
   * direction of writing.
   */
  static void append(StringBuilder to, CharSequence text) {
    int length = Math.min(text.length(), VALUE_CHARS_MAX);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> to.append("\\n");
        case '\r' -> to.append("\\r");
        case '\t' -> to.append("\\t");
        default -> {
          if (isSafe(text, i)) {
            to.append(c);
          } else {
            to.append("\\u").append(hex(c));
          }
        }
      }
    }
    if (length < text.length()) {
      to.append("...");
    }
  }

  /** Appends a value, in quotes where a reader could not tell its end. */
  static void appendValue(StringBuilder to, CharSequence value) {
    boolean bare = !value.isEmpty();
    for (int i = 0; bare && i < value.length(); i++) {
      char c = value.charAt(i);
      bare = c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    }
    if (bare) {
      append(to, value);
      return;
    }
    to.append('"');
    append(to, value.toString().replace("\\", "\\\\").replace("\"", "\\\""));
    to.append('"');
  }

  private static boolean isSafe(CharSequence text, int at) {
    char c = text.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED,
          Character.PRIVATE_USE ->
          false;
      default -> true;
    };
  }

  private static String hex(char c) {
    return "%04x".formatted((int) c);
  }
}
