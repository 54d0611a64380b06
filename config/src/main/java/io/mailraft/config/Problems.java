package io.mailraft.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is wrong with one file, gathered so that the reader learns everything at once. */
final class Problems {
  /** Most problems that a message names; the rest are counted. */
  static final int NAMED_MAX = 20;

  /** Longest text of a file that a message repeats, in characters. */
  static final int QUOTED_CHARS_MAX = 60;

  private static final int MESSAGE_CHARS_MAX = 600;

  private record Problem(int line, String text) {}

  private final String source;
  private final List<Problem> problems = new ArrayList<>();
  private int unnamed;

  /**
   * @param source name of the file, as messages show it
   */
  Problems(String source) {
    this.source = source;
  }

  /**
   * Notes a problem.
   *
   * @param line counted from 1
   */
  void add(int line, String text) {
    if (problems.size() < NAMED_MAX) {
      problems.add(new Problem(line, text));
    } else {
      unnamed++;
    }
  }

  /** Refuses the file if anything is wrong with it. */
  void throwIfAny() throws ConfigException {
    if (problems.isEmpty()) {
      return;
    }
    problems.sort(Comparator.comparingInt(Problem::line));
    StringBuilder message = new StringBuilder();
    for (Problem problem : problems) {
      if (!message.isEmpty()) {
        message.append('\n');
      }
      message.append(source).append(':').append(problem.line()).append(": ");
      message.append(printable(problem.text(), MESSAGE_CHARS_MAX));
    }
    if (unnamed > 0) {
      message.append('\n').append(source).append(": and ").append(unnamed).append(" more problems");
    }
    throw new ConfigException(message.toString());
  }

  /** A text of the file between quotes, shortened and without control characters. */
  static String quoted(String text) {
    return "'" + shortened(text) + "'";
  }

  /** A text of the file, shortened and without control characters. */
  static String shortened(String text) {
    return printable(text, QUOTED_CHARS_MAX);
  }

  /** The text in a form that is safe on a terminal. */
  private static String printable(String text, int charsMax) {
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (i == charsMax) {
        return safe.append("...").toString();
      }
      char c = text.charAt(i);
      safe.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return safe.toString();
  }
}
