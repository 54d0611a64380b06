package io.mailraft.config;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.Optional;

/**
 * The ASCII form of a domain label in another script: UTS #46 without its transitional mapping,
 * then RFC 5891's A-label.
 *
 * <p>Why it is written here: {@code java.net.IDN} knows IDNA2003 alone, which turns sharp s into ss
 * and final sigma into sigma. Those are other domains with other owners, so mail would go to a
 * stranger. ICU4J does it right and weighs 14 MB, as much as the rest of the program's way in. The
 * steps are few:
 *
 * <ol>
 *   <li>Compatibility composition (NFKC), lower case character by character, NFKC again.
 *   <li>Only letters, marks, decimal digits and hyphens may stand, which is nearly RFC 5892's rule:
 *       characters that a look at their script's context would allow (joiners, middle dots) are
 *       refused.
 *   <li>Punycode (RFC 3492).
 * </ol>
 *
 * <p>A label that should have been refused here names a domain that no registry gives out, and its
 * look-up finds nothing.
 */
final class Idna {
  private static final String PREFIX = "xn--";
  private static final int LABEL_CODE_POINTS_MAX = 63;

  // Parameters of RFC 3492, section 5.
  private static final int BASE = 36;
  private static final int T_MIN = 1;
  private static final int T_MAX = 26;
  private static final int SKEW = 38;
  private static final int DAMP = 700;
  private static final int INITIAL_BIAS = 72;
  private static final int INITIAL_N = 0x80;

  private Idna() {}

  /** The A-label of a label that is not all ASCII; empty where it can have none. */
  static Optional<String> toALabel(String label) {
    int[] mapped = map(label).codePoints().toArray();
    if (mapped.length == 0
        || mapped.length > LABEL_CODE_POINTS_MAX
        || isMark(Character.getType(mapped[0]))
        || hasHyphensOfALabel(mapped)) {
      return Optional.empty();
    }
    boolean ascii = true;
    for (int codePoint : mapped) {
      if (!isAllowed(codePoint)) {
        return Optional.empty();
      }
      ascii &= codePoint < INITIAL_N;
    }
    // Full-width letters, for one, map to plain ASCII.
    return Optional.of(ascii ? new String(mapped, 0, mapped.length) : PREFIX + punycode(mapped));
  }

  private static String map(String label) {
    StringBuilder lower = new StringBuilder();
    Normalizer.normalize(label, Form.NFKC)
        .codePoints()
        .forEach(
            codePoint -> {
              if (codePoint == 0x130) {
                lower.append("i\u0307"); // Capital I with dot: the one letter that maps to two.
              } else if (codePoint != 0xAD) { // A soft hyphen is only a hint to the eye.
                lower.appendCodePoint(Character.toLowerCase(codePoint));
              }
            });
    return Normalizer.normalize(lower, Form.NFKC);
  }

  /** A label whose third and fourth characters are hyphens is or looks like an A-label already. */
  private static boolean hasHyphensOfALabel(int[] label) {
    return label.length >= 4 && label[2] == '-' && label[3] == '-';
  }

  private static boolean isAllowed(int codePoint) {
    int type = Character.getType(codePoint);
    return codePoint == '-'
        || codePoint == '_'
        || type == Character.LOWERCASE_LETTER
        || type == Character.OTHER_LETTER
        || type == Character.MODIFIER_LETTER
        || type == Character.DECIMAL_DIGIT_NUMBER
        || isMark(type);
  }

  private static boolean isMark(int type) {
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
  }

  /** RFC 3492, section 6.3. No overflow: 63 code points below 0x110000 stay far under 2^31. */
  private static String punycode(int[] input) {
    StringBuilder output = new StringBuilder();
    for (int codePoint : input) {
      if (codePoint < INITIAL_N) {
        output.appendCodePoint(codePoint);
      }
    }
    int basic = output.length();
    if (basic > 0) {
      output.append('-');
    }
    int n = INITIAL_N;
    int delta = 0;
    int bias = INITIAL_BIAS;
    int handled = basic;
    while (handled < input.length) {
      int next = Integer.MAX_VALUE;
      for (int codePoint : input) {
        if (codePoint >= n && codePoint < next) {
          next = codePoint;
        }
      }
      delta += (next - n) * (handled + 1);
      n = next;
      for (int codePoint : input) {
        if (codePoint < n) {
          delta++;
        } else if (codePoint == n) {
          appendInteger(output, delta, bias);
          bias = adapt(delta, handled + 1, handled == basic);
          delta = 0;
          handled++;
        }
      }
      delta++;
      n++;
    }
    return output.toString();
  }

  private static void appendInteger(StringBuilder output, int value, int bias) {
    int rest = value;
    for (int k = BASE; ; k += BASE) {
      int threshold = Math.clamp(k - bias, T_MIN, T_MAX);
      if (rest < threshold) {
        output.append(digit(rest));
        return;
      }
      output.append(digit(threshold + (rest - threshold) % (BASE - threshold)));
      rest = (rest - threshold) / (BASE - threshold);
    }
  }

  private static int adapt(int delta, int points, boolean first) {
    int rest = first ? delta / DAMP : delta / 2;
    rest += rest / points;
    int k = 0;
    while (rest > (BASE - T_MIN) * T_MAX / 2) {
      rest /= BASE - T_MIN;
      k += BASE;
    }
    return k + (BASE - T_MIN + 1) * rest / (rest + SKEW);
  }

  private static char digit(int value) {
    return (char) (value < 26 ? 'a' + value : '0' + value - 26);
  }
}
