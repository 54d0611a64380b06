package io.mailraft.ops.house;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One text file of the repository.
 *
 * @param path from the root of the repository, with slashes
 * @param text its content
 */
record SourceFile(String path, String text) {

  /** The lines, without their ends. */
  List<String> lines() {
    return text.lines().toList();
  }

  boolean isJava() {
    return path.endsWith(".java");
  }

  boolean isTest() {
    return path.contains("/src/test/");
  }

  boolean isMainJava() {
    return isJava() && path.contains("/src/main/java/");
  }

  String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  String folder() {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  /** A finding in each of the given lines that holds the pattern. */
  List<Finding> linesWith(List<String> lines, Pattern pattern, String text) {
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (pattern.matcher(lines.get(i)).find()) {
        findings.add(new Finding(path, i + 1, text));
      }
    }
    return findings;
  }
}
