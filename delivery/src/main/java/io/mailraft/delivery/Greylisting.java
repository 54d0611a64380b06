package io.mailraft.delivery;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Tells replies of greylisting, "come back later, as the same", from other temporary ones. The next
 * attempt is to start from the same source, or the wait begins anew.
 */
public final class Greylisting {
  private static final Pattern SAYS =
      Pattern.compile("\\bgr[ea]y[ -]?list|\\bpostgrey\\b|\\bgreyfix\\b|\\bgrey\\.rbl\\b");

  private Greylisting() {}

  /**
   * Whether a reply says so.
   *
   * @param reply as in {@link Outcome#reply}
   */
  public static boolean says(String reply) {
    return reply.startsWith("4") && SAYS.matcher(reply.toLowerCase(Locale.ROOT)).find();
  }
}
