package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A header field that the caller made.
 *
 * @param path where it stands in the JSON
 * @param name its name as given
 * @param value its value, checked
 * @param prepared whether the value is written as it is
 */
record HeaderField(String path, String name, String value, boolean prepared) {
  static final int VALUE_CHARS_MAX = 16_000;
  private static final Pattern NAME = Pattern.compile("[\\x21-\\x39\\x3b-\\x7e]{1,100}");

  /** Fields that follow from the structure of the message. */
  private static final Set<String> MADE =
      Set.of(
          "content-type",
          "content-transfer-encoding",
          "content-disposition",
          "content-id",
          "mime-version");

  /**
   * Checks name and value.
   *
   * @throws InputException if the name is none (RFC 5322 2.2), or one that is made here
   */
  static HeaderField of(String path, String name, String value, boolean prepared)
      throws InputException {
    if (!NAME.matcher(name).matches()) {
      throw InputException.field(
          path,
          InputException.quoted(name)
              + " is not the name of a header: 1 to 100 visible ASCII characters without ':'");
    }
    if (MADE.contains(name.toLowerCase(Locale.ROOT))) {
      throw InputException.field(
          path,
          "the header "
              + name
              + " follows from the message; use contentType, contentDisposition, cid or encoding");
    }
    HeaderText.check(path, value, VALUE_CHARS_MAX);
    if (prepared && !HeaderText.isAscii(value)) {
      throw InputException.field(path, "is prepared, and so must be ASCII");
    }
    return new HeaderField(path, name, value.strip(), prepared);
  }

  /** The name in the form in which names compare. */
  String key() {
    return name.toLowerCase(Locale.ROOT);
  }

  /** Its value in the form of a header, not folded. */
  String encoded() {
    return prepared ? value : HeaderText.unstructured(value);
  }
}
