package io.mailraft.node.access;

import java.io.Serial;

/** The user's own application refuses a message, or cannot be asked. The text is for the client. */
public final class GuidanceException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private static final int TEXT_CHARS_MAX = 400;

  private final int code;
  private final String enhanced;

  private GuidanceException(int code, String enhanced, String text) {
    super(text);
    this.code = code;
    this.enhanced = enhanced;
  }

  /**
   * The application refuses.
   *
   * @param code SMTP reply code that it gave; what is none, is 550
   */
  static GuidanceException refused(int code, String text) {
    int reply = code >= 400 && code <= 599 && code != 421 ? code : 550;
    String plain =
        text.codePoints()
            .limit(TEXT_CHARS_MAX)
            .map(c -> c >= ' ' && c <= '~' ? c : '?')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return new GuidanceException(
        reply, reply / 100 + ".7.1", plain.isBlank() ? "The message is refused" : plain);
  }

  /** The application cannot be asked, or its answer not be used. */
  static GuidanceException unavailable() {
    return new GuidanceException(451, "4.3.0", "The service has trouble, try again later");
  }

  /** SMTP reply code. */
  public int code() {
    return code;
  }

  /** Enhanced status code. */
  public String enhanced() {
    return enhanced;
  }

  /** Whether another try may succeed. */
  public boolean isTemporary() {
    return code < 500;
  }

  /** What the client is told. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
