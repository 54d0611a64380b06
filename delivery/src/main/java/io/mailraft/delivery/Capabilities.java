package io.mailraft.delivery;

import java.util.Locale;

/**
 * What a host offers in its answer to EHLO.
 *
 * @param esmtp whether it knows EHLO at all
 * @param sizeMax largest message in bytes; 0 if it does not say
 */
record Capabilities(
    boolean esmtp,
    boolean pipelining,
    boolean eightBitMime,
    boolean smtpUtf8,
    boolean startTls,
    boolean size,
    long sizeMax) {

  /** A host that knows HELO only. */
  static final Capabilities NONE = new Capabilities(false, false, false, false, false, false, 0);

  static Capabilities of(Reply ehlo) {
    boolean pipelining = false;
    boolean eightBitMime = false;
    boolean smtpUtf8 = false;
    boolean startTls = false;
    boolean size = false;
    long sizeMax = 0;
    for (String line : ehlo.lines().subList(1, ehlo.lines().size())) {
      String[] words = line.strip().toUpperCase(Locale.ROOT).split(" +", 3);
      switch (words[0]) {
        case "PIPELINING" -> pipelining = true;
        case "8BITMIME" -> eightBitMime = true;
        case "SMTPUTF8" -> smtpUtf8 = true;
        case "STARTTLS" -> startTls = true;
        case "SIZE" -> {
          size = true;
          sizeMax = words.length > 1 ? bytes(words[1]) : 0;
        }
        default -> {
          // An extension that we do not use.
        }
      }
    }
    return new Capabilities(true, pipelining, eightBitMime, smtpUtf8, startTls, size, sizeMax);
  }

  private static long bytes(String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      // A size that is no number says nothing.
      return 0;
    }
  }
}
