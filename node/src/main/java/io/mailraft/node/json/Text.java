package io.mailraft.node.json;

import io.mailraft.node.spool.SpoolFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A string value of a JSON document: in memory where it is short, in the request's spool file where
 * it is long. Of use for as long as that file is open.
 */
public final class Text {
  static final String HALF_PAIR = "holds half of a surrogate pair, which is no character";

  private final String path;
  private final String content;
  private final Optional<LongString> spooled;
  private final SpoolFile spool;
  private final Memory memory;
  private boolean counted;

  /** What a document may keep in memory. */
  @FunctionalInterface
  interface Memory {
    /**
     * Counts a string that is brought to memory.
     *
     * @throws InputException if that is too much
     */
    void take(String path, long bytes) throws InputException;
  }

  private Text(
      String path, String content, Optional<LongString> spooled, SpoolFile spool, Memory memory) {
    this.path = path;
    this.content = content;
    this.spooled = spooled;
    this.spool = spool;
    this.memory = memory;
  }

  /**
   * A value that is in memory.
   *
   * @throws InputException if it cannot be written as UTF-8
   */
  static Text of(String path, String content, SpoolFile spool) throws InputException {
    for (int i = 0; i < content.length(); i++) {
      if (Character.isSurrogate(content.charAt(i))) {
        boolean whole =
            Character.isHighSurrogate(content.charAt(i))
                && i + 1 < content.length()
                && Character.isLowSurrogate(content.charAt(i + 1));
        if (!whole) {
          throw InputException.field(path, HALF_PAIR);
        }
        i++;
      }
    }
    return new Text(path, content, Optional.empty(), spool, (_, _) -> {}); // Counted already.
  }

  /**
   * A value in the spool file.
   *
   * @throws InputException if it cannot be written as UTF-8
   */
  static Text of(String path, LongString spooled, SpoolFile spool, Memory memory)
      throws InputException {
    if (spooled.fault().isPresent()) {
      throw InputException.field(path, spooled.fault().get());
    }
    return new Text(path, "", Optional.of(spooled), spool, memory);
  }

  /** Where it stands in the document, as in {@code attachments[0].content}. */
  public String path() {
    return path;
  }

  public boolean isEmpty() {
    return spooled.isEmpty() && content.isEmpty();
  }

  /**
   * The whole value, in memory: a long one counts against what its document may keep there.
   *
   * @param maxChars most characters (UTF-16 units)
   * @throws InputException if it is longer, or the document has too much in memory
   * @throws IOException if the spool file cannot be read
   */
  public String string(int maxChars) throws IOException {
    String whole = content;
    if (spooled.isPresent()) {
      // No character has more than three bytes for each of its units.
      if (spooled.get().bytes() > 3L * maxChars) {
        throw tooLong(maxChars);
      }
      if (!counted) {
        memory.take(path, spooled.get().bytes());
        counted = true;
      }
      whole = new String(utf8().readAllBytes(), StandardCharsets.UTF_8);
    }
    if (whole.length() > maxChars) {
      throw tooLong(maxChars);
    }
    return whole;
  }

  private InputException tooLong(int maxChars) {
    return InputException.field(path, "is longer than " + maxChars + " characters");
  }

  /** The value as UTF-8, from its first byte; may be asked for again and again. */
  public InputStream utf8() {
    return spooled
        .map(in -> spool.read(in.offset(), in.bytes()))
        .orElseGet(() -> new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)));
  }
}
