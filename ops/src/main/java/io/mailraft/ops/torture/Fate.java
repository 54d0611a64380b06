package io.mailraft.ops.torture;

import io.mailraft.testkit.Action;
import java.time.Duration;
import java.util.function.IntSupplier;

/**
 * What the far end does with a delivery, as a pure function of its ids and of how often it was
 * tried. Most is taken at once. What is refused for good is refused for good every time, so that a
 * delivery has one end that is right.
 */
final class Fate {
  private static final int SHARES = 1000;

  private Fate() {}

  /**
   * At RCPT, for one recipient.
   *
   * @param attempt its number, from 1; asked for where it matters, once for each attempt
   */
  static Action recipient(String id, String recipient, IntSupplier attempt) {
    int share = share(id + " " + recipient);
    if (share < 40) {
      return Action.reply("550 5.1.1 No such recipient");
    }
    if (share < 80 && attempt.getAsInt() <= 1 + share % 2) {
      return Action.reply("450 4.2.1 Recipient not now");
    }
    return Action.PROCEED;
  }

  /**
   * At the final dot, for all recipients of the transaction.
   *
   * @param attempt as above
   */
  static Action dot(String id, IntSupplier attempt) {
    int share = share(id);
    if (share < 20) {
      return Action.reply("554 5.6.0 Content refused");
    }
    if (share >= 132 || attempt.getAsInt() > 1) {
      return Action.PROCEED;
    }
    if (share < 50) {
      return Action.CLOSE;
    }
    if (share < 80) {
      return Action.TAKE_THEN_CLOSE;
    }
    if (share < 110) {
      return Action.reply("451 4.3.0 Content not now");
    }
    if (share < 130) {
      return Action.trickle("250 2.0.0 Taken, slowly", Duration.ofMillis(20));
    }
    return Action.HANG;
  }

  /** How long the go-ahead for the content waits, so that some attempts are always half done. */
  static Duration beforeContent(String id) {
    int share = share("data " + id);
    return share < 150 ? Duration.ofMillis(4L * share) : Duration.ZERO;
  }

  /** Of a thousand. Spread well, since ids differ by a digit alone. */
  private static int share(String text) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
    }
    hash = (hash ^ (hash >>> 32)) * 0x9E3779B97F4A7C15L;
    return (int) Long.remainderUnsigned(hash ^ (hash >>> 29), SHARES);
  }
}
