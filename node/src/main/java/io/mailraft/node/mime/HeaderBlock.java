package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import jakarta.mail.internet.MimeUtility;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The header fields of a message while it is being built. In UTF-8, which is ASCII unless an
 * address needs more (RFC 6532).
 */
final class HeaderBlock {
  /** Longest line without its CRLF, in octets (RFC 5322 2.1.1). */
  private static final int LINE_OCTETS_MAX = 998;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /**
   * Adds a field, folded where it can be.
   *
   * @param path where its value comes from, for the refusal
   * @param name name of the field, which is known to be one
   * @param value its value in the form of a header, not folded
   * @throws InputException if a line of it would be too long
   */
  void add(String path, String name, String value) throws InputException {
    addFolded(path, name, MimeUtility.fold(name.length() + 2, value.strip()));
  }

  /** The same with a value that is folded already, or is not to be. */
  void addFolded(String path, String name, String value) throws InputException {
    // A check of what must hold: values were checked when they came in.
    if (!isOneField(value)) {
      throw new IllegalStateException("a value of the field " + name + " would end the field");
    }
    byte[] field = (name + ": " + value + "\r\n").getBytes(StandardCharsets.UTF_8);
    int line = 0;
    for (byte b : field) {
      line = b == '\n' ? 0 : line + 1;
      if (line > LINE_OCTETS_MAX) {
        throw InputException.field(
            path, "cannot be folded into lines of " + LINE_OCTETS_MAX + " octets");
      }
    }
    bytes.writeBytes(field);
  }

  /** Whether every line break is that of a fold, with text behind it (RFC 5322 2.2.3). */
  private static boolean isOneField(String value) {
    int position = 0;
    while (position < value.length()) {
      char c = value.charAt(position++);
      if (c == '\n' || c == 0) {
        return false;
      }
      if (c == '\r') {
        int text = position + 1;
        while (text < value.length() && " \t".indexOf(value.charAt(text)) >= 0) {
          text++;
        }
        boolean folds =
            value.startsWith("\n", position)
                && text > position + 1
                && text < value.length()
                && "\r\n\0".indexOf(value.charAt(text)) < 0;
        if (!folds) {
          return false;
        }
        position = text;
      }
    }
    return true;
  }

  /** The fields so far, each with its CRLF. */
  byte[] bytes() {
    return bytes.toByteArray();
  }
}
