package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who became the leader of each group in each term, as each node wrote down of itself. Two nodes in
 * one term are two votes of one voter, or a vote without a majority.
 *
 * <p>Nodes of a run write these lines since their log settings are {@link #SETTINGS}. A leadership
 * that lasts for a moment is seen too, which asking the nodes from time to time would miss.
 */
final class Leaders {
  /** Log settings of nodes: those of every node, and in addition who leads. */
  static final String SETTINGS = "nodes-logback.xml";

  private static final Pattern BECAME =
      Pattern.compile(
          " (?<node>[a-z0-9]+)@(?<group>[^ :]+): change Leader from \\S+ to \\k<node>"
              + " at term (?<term>\\d+) for becomeLeader");

  private record Term(String group, long number) implements Comparable<Term> {
    @Override
    public int compareTo(Term other) {
      int groups = group.compareTo(other.group);
      return groups != 0 ? groups : Long.compare(number, other.number);
    }
  }

  private Leaders() {}

  /** The terms that had two leaders. */
  static List<Finding> findings(List<NodeProcess> nodes) throws IOException {
    List<Path> logs = new ArrayList<>();
    for (NodeProcess node : nodes) {
      if (Files.exists(node.errorLog())) {
        logs.add(node.errorLog());
      }
    }
    return of(logs);
  }

  static List<Finding> of(List<Path> logs) throws IOException {
    Map<Term, String> leaders = new TreeMap<>();
    List<Finding> findings = new ArrayList<>();
    for (Path log : logs) {
      try (BufferedReader reader = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          Matcher found = BECAME.matcher(line);
          if (found.find()) {
            look(found, leaders, findings);
          }
        }
      }
    }
    return findings;
  }

  private static void look(Matcher found, Map<Term, String> leaders, List<Finding> findings) {
    Term term = new Term(found.group("group"), Long.parseLong(found.group("term")));
    String before = leaders.putIfAbsent(term, found.group("node"));
    if (before != null && !before.equals(found.group("node"))) {
      findings.add(
          new Finding(
              Check.LEADERS,
              "%s had two leaders in term %d: %s and %s"
                  .formatted(term.group(), term.number(), before, found.group("node"))));
    }
  }
}
