package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import jakarta.mail.internet.MimeUtility;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Text of people in header fields: what may stand there, and how it is written in ASCII (RFC 2047).
 *
 * <p>Every value that comes from outside passes {@link #check} before anything is made of it. It is
 * what keeps a value from becoming a header of its own, whatever the code behind it does: neither a
 * line break passes, nor what an old narrowing of characters to bytes would make one.
 */
final class HeaderText {
  /** A run of so many characters without a blank cannot be folded below 998 octets any more. */
  private static final int UNFOLDABLE_CHARS = 900;

  private static final int WORD_BYTES_MAX = 18;
  private static final Pattern PLAIN_PHRASE = Pattern.compile("[A-Za-z0-9_ -]*");

  /** Names longer than this are encoded, since a quoted string cannot always be folded. */
  private static final int QUOTED_CHARS_MAX = 200;

  private HeaderText() {}

  /**
   * Checks that a value can stand in a header field.
   *
   * @param path where it comes from, for the refusal
   * @param maxChars most characters
   */
  static void check(String path, String value, int maxChars) throws InputException {
    if (value.length() > maxChars) {
      throw InputException.field(path, "is longer than " + maxChars + " characters");
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n') {
        throw InputException.field(path, "holds a line break, which a header cannot have");
      }
      // Narrowed to bytes these two are LF and CR.
      boolean narrows = c == 0x760a || c == 0x760d;
      boolean control = (c < ' ' && c != '\t') || (c >= 0x7f && c < 0xa0);
      boolean separator = c == 0x2028 || c == 0x2029;
      if (narrows || control || separator) {
        throw InputException.field(
            path, "holds the character U+%04X, which a header cannot have".formatted((int) c));
      }
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
        if (!pair) {
          throw InputException.field(path, "holds half of a surrogate pair, which is no character");
        }
        i++;
      }
    }
  }

  /** An unstructured value (RFC 5322 3.2.5) as a header holds it, not folded. */
  static String unstructured(String value) {
    if (isAscii(value)) {
      boolean needsCode = value.contains("=?") || hasLongRun(value);
      return needsCode ? asciiWords(value) : value;
    }
    try {
      return MimeUtility.encodeText(value, "UTF-8", letter(value));
    } catch (UnsupportedEncodingException e) {
      throw new IllegalStateException("every JDK has UTF-8", e);
    }
  }

  private static boolean hasLongRun(String value) {
    int run = 0;
    for (int i = 0; i < value.length() && run < UNFOLDABLE_CHARS; i++) {
      run = value.charAt(i) == ' ' || value.charAt(i) == '\t' ? 0 : run + 1;
    }
    return run >= UNFOLDABLE_CHARS;
  }

  /** A display name as a header holds it: as it is, quoted, or encoded. */
  static String phrase(String name) {
    if (!isAscii(name)) {
      try {
        return MimeUtility.encodeWord(name, "UTF-8", letter(name));
      } catch (UnsupportedEncodingException e) {
        throw new IllegalStateException("every JDK has UTF-8", e);
      }
    }
    if (name.contains("=?") || name.length() > QUOTED_CHARS_MAX) {
      return asciiWords(name);
    }
    return PLAIN_PHRASE.matcher(name).matches() ? name : quoted(name);
  }

  /** A quoted string (RFC 5322 3.2.4). */
  static String quoted(String ascii) {
    return '"' + ascii.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static boolean isAscii(String value) {
    return value.chars().allMatch(c -> c < 0x7f);
  }

  /** B where most of it is no Latin letter, else Q, which people can nearly read. */
  private static String letter(String value) {
    long latin = value.chars().filter(c -> (c | 0x20) >= 'a' && (c | 0x20) <= 'z').count();
    long other = value.chars().filter(c -> c > 0x7e).count();
    return other < latin ? "Q" : "B";
  }

  /** ASCII as encoded words: so that what looks like one is read as it was meant. */
  private static String asciiWords(String value) {
    StringBuilder words = new StringBuilder();
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    for (int from = 0; from < bytes.length; from += WORD_BYTES_MAX) {
      words.append(from == 0 ? "=?UTF-8?Q?" : " =?UTF-8?Q?");
      int to = Math.min(bytes.length, from + WORD_BYTES_MAX);
      for (int i = from; i < to; i++) {
        char c = (char) bytes[i];
        boolean plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        words.append(plain ? String.valueOf(c) : "=" + String.format(Locale.ROOT, "%02X", (int) c));
      }
      words.append("?=");
    }
    return words.toString();
  }
}
