package io.mailraft.config;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The one spelling of a domain, under which it is compared, queued and counted: lower case, each
 * label that is not ASCII in its A-label form ({@code xn--...}), no final dot.
 */
public final class DomainName {
  private static final int DOMAIN_CHARS_MAX = 253;
  private static final int LABEL_CHARS_MAX = 63;

  /** The full stops of other scripts, which UTS #46 reads as dots. */
  private static final Pattern DOTS = Pattern.compile("[\u3002\uFF0E\uFF61]");

  private DomainName() {}

  /** The domain in its one spelling; empty where no name server could know it. */
  public static Optional<String> of(String text) {
    if (text.isEmpty() || text.length() > DOMAIN_CHARS_MAX) {
      return Optional.empty();
    }
    return isPlain(text) ? Optional.of(text) : spelled(text);
  }

  /**
   * Whether the text is in its one spelling already, as nearly every domain is: a look that costs
   * nothing beside taking it apart.
   */
  private static boolean isPlain(String text) {
    boolean letter = false;
    char before = '.';
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'a' && c <= 'z') {
        letter = true;
      } else if (c == '.') {
        if (before == '.' || before == '-') {
          return false;
        }
        letter = false;
      } else if (c == '-' ? before == '.' : !(c >= '0' && c <= '9')) {
        return false;
      }
      before = c;
    }
    // A last label without a letter is left to the long way, as are long ones.
    return letter && before != '-' && !hasLongLabel(text);
  }

  private static boolean hasLongLabel(String text) {
    if (text.length() <= LABEL_CHARS_MAX) {
      return false;
    }
    int start = 0;
    for (int dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', start)) {
      if (dot - start > LABEL_CHARS_MAX) {
        return true;
      }
      start = dot + 1;
    }
    return text.length() - start > LABEL_CHARS_MAX;
  }

  private static Optional<String> spelled(String text) {
    StringBuilder domain = new StringBuilder(text.length());
    String last = "";
    for (String label : DOTS.matcher(text).replaceAll(".").split("\\.", -1)) {
      Optional<String> ascii =
          isAscii(label) ? Optional.of(label.toLowerCase(Locale.ROOT)) : Idna.toALabel(label);
      if (ascii.isEmpty() || !isLabel(ascii.get())) {
        return Optional.empty();
      }
      last = ascii.get();
      domain.append(domain.isEmpty() ? "" : ".").append(last);
    }
    boolean numeric = last.chars().allMatch(c -> c >= '0' && c <= '9');
    return numeric || domain.length() > DOMAIN_CHARS_MAX
        ? Optional.empty()
        : Optional.of(domain.toString());
  }

  /** Letters, digits, hyphens inside, and underscores, which some real domains have. */
  private static boolean isLabel(String label) {
    int length = label.length();
    if (length == 0
        || length > LABEL_CHARS_MAX
        || label.charAt(0) == '-'
        || label.charAt(length - 1) == '-') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = label.charAt(i);
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
        return false;
      }
    }
    return true;
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }
}
