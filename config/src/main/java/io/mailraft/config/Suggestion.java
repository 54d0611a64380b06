package io.mailraft.config;

import java.util.Collection;
import java.util.Locale;

/** Guesses which known word was meant by an unknown one. */
final class Suggestion {
  private static final int TYPED_CHARS_MAX = 64;

  private Suggestion() {}

  /** What would be right: the nearest known word, or all of them where none is near. */
  static String text(String typed, Collection<String> known) {
    String nearest = "";
    int nearestDistance = Integer.MAX_VALUE;
    if (typed.length() <= TYPED_CHARS_MAX) {
      for (String word : known) {
        int distance = distance(typed.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT));
        if (distance < nearestDistance) {
          nearest = word;
          nearestDistance = distance;
        }
      }
    }
    if (nearestDistance <= Math.max(1, Math.min(3, typed.length() / 3))) {
      return "did you mean " + nearest + "?";
    }
    return "known here: " + String.join(", ", known);
  }

  /** Letters to insert, remove, replace or swap to get from one word to the other (Damerau). */
  private static int distance(String from, String to) {
    int[][] cost = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        int replaced = cost[i - 1][j - 1] + (same ? 0 : 1);
        cost[i][j] = Math.min(replaced, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[from.length()][to.length()];
  }
}
