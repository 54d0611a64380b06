package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What no node may ever write to its log, whatever is done to it. */
final class Logs {
  private static final int FINDINGS_MAX = 3;
  private static final int LINE_CHARACTERS_MAX = 300;

  /** Each is a broken promise of the code to itself. */
  private static final Pattern IMPOSSIBLE =
      Pattern.compile(
          String.join(
              "|",
              "a second outcome for",
              "AssertionError",
              "NullPointerException",
              "ClassCastException",
              "IndexOutOfBoundsException",
              "ArithmeticException",
              "ConcurrentModificationException",
              "OutOfMemoryError",
              "StackOverflowError",
              // That a replica stopped for its disk, as told before, is no surprise.
              "FoldException(?!: the group \\S+ stopped before this entry)",
              "outcomes were refused",
              "an outcome is given up",
              "the leader stumbled",
              "asking for the lease went wrong",
              "could not be passed on",
              "cannot join:"));

  private Logs() {}

  /** The first few such lines of a node's log. */
  static List<Finding> findings(NodeProcess node) throws IOException {
    List<Finding> findings = new ArrayList<>();
    if (Files.exists(node.errorLog())) {
      for (String line : impossible(node.errorLog())) {
        findings.add(new Finding(Check.LOG, node.id() + ": " + line));
      }
    }
    return findings;
  }

  static List<String> impossible(Path log) throws IOException {
    List<String> found = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
      for (String line = reader.readLine();
          line != null && found.size() < FINDINGS_MAX;
          line = reader.readLine()) {
        if (IMPOSSIBLE.matcher(line).find()) {
          found.add(line.substring(0, Math.min(LINE_CHARACTERS_MAX, line.length())));
        }
      }
    }
    return found;
  }
}
