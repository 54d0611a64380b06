package io.mailraft.node.admin;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.algorithm.DiffAlgorithmListener;
import com.github.difflib.patch.ChangeDelta;
import com.github.difflib.patch.Chunk;
import com.github.difflib.patch.Patch;
import java.util.Arrays;
import java.util.List;

/**
 * The difference between two texts, as unified diff.
 *
 * <p>Its cost grows with the square of the number of lines that differ, so past a bound the least
 * difference is not looked for: everything between the equal beginnings and ends counts as changed.
 */
final class DocumentDiff {
  /** Most differing lines for which the least difference is looked for. */
  static final int STEPS_MAX = 1000;

  private static final int LINES_MAX = 400_000;
  private static final int CONTEXT = 3;

  private DocumentDiff() {}

  /** Ends a search that takes too long. */
  private static final class TooFarException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooFarException() {
      super("more than " + STEPS_MAX + " lines differ", null, false, false);
    }
  }

  private static final class Bound implements DiffAlgorithmListener {
    @Override
    public void diffStart() {}

    @Override
    public void diffStep(int value, int max) {
      if (value > STEPS_MAX) {
        throw new TooFarException();
      }
    }

    @Override
    public void diffEnd() {}
  }

  /** Whether two texts have the same lines; an end of line after the last one is no difference. */
  static boolean same(String one, String other) {
    return lines(one).equals(lines(other));
  }

  /**
   * The difference, each line with a line feed; empty where there is none.
   *
   * @param charsMax past so many characters, the number of further lines stands for them
   */
  static String between(String oldName, String old, String newName, String next, int charsMax) {
    List<String> from = lines(old);
    List<String> to = lines(next);
    Patch<String> patch = patch(from, to);
    return cut(
        UnifiedDiffUtils.generateUnifiedDiff(oldName, newName, from, patch, CONTEXT), charsMax);
  }

  private static List<String> lines(String text) {
    String body = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    return body.isEmpty() ? List.of() : Arrays.asList(body.split("\n", -1));
  }

  private static Patch<String> patch(List<String> from, List<String> to) {
    if (from.size() + to.size() <= LINES_MAX) {
      try {
        return DiffUtils.diff(from, to, new Bound());
      } catch (TooFarException e) {
        return block(from, to);
      }
    }
    return block(from, to);
  }

  /** One change from the first line that differs to the last. */
  private static Patch<String> block(List<String> from, List<String> to) {
    int shorter = Math.min(from.size(), to.size());
    int head = 0;
    while (head < shorter && from.get(head).equals(to.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < shorter - head
        && from.get(from.size() - 1 - tail).equals(to.get(to.size() - 1 - tail))) {
      tail++;
    }
    Patch<String> patch = new Patch<>();
    if (head + tail < Math.max(from.size(), to.size())) {
      patch.addDelta(
          new ChangeDelta<>(
              new Chunk<>(head, from.subList(head, from.size() - tail)),
              new Chunk<>(head, to.subList(head, to.size() - tail))));
    }
    return patch;
  }

  /** The lines as one text, cut after a whole line. */
  static String cut(List<String> lines, int charsMax) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      if (text.length() + lines.get(i).length() + 1 > charsMax) {
        return text.append("... and ").append(lines.size() - i).append(" more lines\n").toString();
      }
      text.append(lines.get(i)).append('\n');
    }
    return text.toString();
  }
}
