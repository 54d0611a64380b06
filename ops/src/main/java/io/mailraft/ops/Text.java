package io.mailraft.ops;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Text for people: tables, and strings from elsewhere made safe to print. */
final class Text {
  private Text() {}

  /** The text without control characters, which a terminal would obey. */
  static String printable(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .map(point -> Character.isISOControl(point) ? '?' : point)
        .forEach(result::appendCodePoint);
    return result.toString();
  }

  /**
   * The same for text of several lines, which keeps its line ends but for the last; tabs become
   * blanks.
   */
  static String printableLines(String text) {
    return text.lines()
        .map(line -> Text.printable(line.replace('\t', ' ')))
        .collect(Collectors.joining("\n"));
  }

  /** Rows of equal length under a heading; numbers stand right. */
  static final class Table {
    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;

    Table(String... headings) {
      columns = headings.length;
      row((Object[]) headings);
    }

    void row(Object... cells) {
      if (cells.length != columns) {
        throw new IllegalArgumentException(cells.length + " cells for " + columns + " columns");
      }
      List<String> row = new ArrayList<>(columns);
      for (Object cell : cells) {
        String text = printable(String.valueOf(cell));
        row.add(text.isEmpty() ? "-" : text);
      }
      rows.add(row);
    }

    void print(PrintWriter out) {
      int[] widths = new int[columns];
      boolean[] right = new boolean[columns];
      for (int column = 0; column < columns; column++) {
        right[column] = rows.size() > 1;
        for (int line = 0; line < rows.size(); line++) {
          String cell = rows.get(line).get(column);
          widths[column] = Math.max(widths[column], cell.codePointCount(0, cell.length()));
          right[column] &= line == 0 || cell.chars().allMatch(c -> c >= '0' && c <= '9');
        }
      }
      for (List<String> row : rows) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < columns; column++) {
          String cell = row.get(column);
          String space = " ".repeat(widths[column] - cell.codePointCount(0, cell.length()));
          line.append(column == 0 ? "" : "  ").append(right[column] ? space + cell : cell + space);
        }
        out.println(line.toString().stripTrailing());
      }
    }
  }
}
