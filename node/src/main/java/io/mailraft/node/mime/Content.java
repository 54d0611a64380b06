package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import io.mailraft.node.json.Text;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;

/**
 * The content of a part, as JSON can hold it: text, or bytes in some coding of text. Read as often
 * as is needed, always as a stream.
 */
final class Content {

  /** How bytes are written as a string; the names are those of Node.js. */
  enum Coding {
    UTF8,
    BASE64,
    HEX,
    LATIN1
  }

  private final Optional<Text> text;
  private final Coding coding;

  private Content(Optional<Text> text, Coding coding) {
    this.text = text;
    this.coding = coding;
  }

  /** Nothing. */
  static Content empty() {
    return new Content(Optional.empty(), Coding.UTF8);
  }

  static Content of(Text text) {
    return new Content(Optional.of(text), Coding.UTF8);
  }

  /** The same string in another coding. */
  Content in(Coding other) {
    return new Content(text, other);
  }

  /**
   * Reads the name of a coding.
   *
   * @throws InputException if there is none of that name
   */
  static Coding coding(String path, String name) throws InputException {
    return switch (name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "")) {
      case "", "utf8", "ascii", "usascii" -> Coding.UTF8;
      case "base64", "base64url" -> Coding.BASE64;
      case "hex" -> Coding.HEX;
      case "latin1", "binary" -> Coding.LATIN1;
      default ->
          throw InputException.field(
              path,
              InputException.quoted(name)
                  + " is no encoding; there are utf-8, base64, base64url, hex and latin1");
    };
  }

  /** Whether it is text, whose lines may end as is usual where it goes. */
  boolean isText() {
    return coding == Coding.UTF8;
  }

  /** The content's bytes from the first one. What is wrong with them is told while reading. */
  InputStream open() {
    if (text.isEmpty()) {
      return new ByteArrayInputStream(new byte[0]);
    }
    InputStream utf8 = text.get().utf8();
    return switch (coding) {
      case UTF8 -> utf8;
      case BASE64 -> new Base64Input(text.get().path(), utf8);
      case HEX -> new HexInput(text.get().path(), utf8);
      case LATIN1 -> new Latin1Input(text.get().path(), utf8);
    };
  }
}
