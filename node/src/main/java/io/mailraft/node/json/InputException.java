package io.mailraft.node.json;

import io.mailraft.node.heap.HeapShare;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a client sent cannot be used, or not now. The message is for the client and says what would
 * be right.
 */
public final class InputException extends IOException {
  private static final long serialVersionUID = 1L;

  private static final int SHOWN_CHARS_MAX = 60;

  /** What is wrong, in the words of the answer's {@code code}. */
  public enum Fault {
    /** It is no JSON, or no message. */
    INVALID_CONTENT("InvalidContent"),
    /** A field of it, which the message names by its JSON path. */
    INVALID_FIELD("InvalidField"),
    /** A part of the address or of its query. */
    INVALID_PARAMETER("InvalidParameter"),
    /** There is nobody to send to. */
    NO_RECIPIENTS("NoRecipients"),
    /** There are more recipients than the listener takes. */
    TOO_MANY_RECIPIENTS("TooManyRecipients"),
    /** The message has made too many hops. */
    MAIL_LOOP("MailLoop"),
    /** It is larger than the listener takes. */
    TOO_LARGE("TooLarge"),
    /** Nothing is wrong with it: there is no memory for it now. */
    BUSY("Busy");

    private final String code;

    Fault(String code) {
      this.code = code;
    }

    /** The word for machines. */
    public String code() {
      return code;
    }
  }

  private final Fault fault;
  private final String path;

  public InputException(Fault fault, String message) {
    this(fault, message, "");
  }

  private InputException(Fault fault, String message, String path) {
    super(message);
    this.fault = fault;
    this.path = path;
  }

  public InputException(Fault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
    this.path = "";
  }

  /** A field that cannot be used, with its JSON path and what is wrong with it. */
  public static InputException field(String path, String wrong) {
    return new InputException(Fault.INVALID_FIELD, path + ": " + wrong, path);
  }

  /**
   * Takes heap for what a client sends.
   *
   * @param where what part of it this is, for the refusal
   * @throws InputException if it is not there for now, or never would be
   */
  public static void take(HeapShare heap, long bytes, Supplier<String> where)
      throws InputException {
    switch (heap.take(bytes)) {
      case TAKEN -> {}
      case NOT_NOW ->
          throw new InputException(Fault.BUSY, "too much is being received, try again later");
      case NEVER -> throw tooLarge(where.get());
    }
  }

  /** More has come up to some place than is allowed. */
  static InputException tooLarge(String where) {
    return new InputException(
        Fault.TOO_LARGE, where + ": what comes up to here is larger than is allowed");
  }

  public Fault fault() {
    return fault;
  }

  /** JSON path of the field that cannot be used, where it is one that is at fault. */
  public Optional<String> path() {
    return path.isEmpty() ? Optional.empty() : Optional.of(path);
  }

  /** A part of the client's input in quotes, shortened and without what could harm a terminal. */
  public static String quoted(String text) {
    StringBuilder shown = new StringBuilder("'");
    int end = Math.min(text.length(), SHOWN_CHARS_MAX);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean lone = Character.isSurrogate(c) && !pair(text, i);
      shown.append(c < ' ' || (c >= 0x7f && c < 0xa0) || lone ? '?' : c);
    }
    return shown.append(end < text.length() ? "...'" : "'").toString();
  }

  private static boolean pair(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        ? at + 1 < Math.min(text.length(), SHOWN_CHARS_MAX)
            && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }
}
