package io.mailraft.ops.torture;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param tally the mail
 * @param findings what is not as it must be; empty where all is well
 * @param rounds rounds of faults that were done
 * @param changes new terms and leases that were seen
 * @param excusing the share of the time of mail in which an end could excuse a double
 * @param most the most open files, threads and memory of a node
 * @param logs where the nodes' logs were kept, if there are findings
 */
record Result(
    Tally tally,
    List<Finding> findings,
    int rounds,
    int changes,
    double excusing,
    String most,
    Optional<Path> logs) {
  Result {
    findings = List.copyOf(findings);
  }

  /** Whether this check has a finding. */
  boolean caughtBy(Check check) {
    return findings.stream().anyMatch(finding -> finding.check() == check);
  }

  /** The result as lines for people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(line("rounds", rounds, "of faults"));
    lines.add(line("changes", changes, "new terms and leases seen"));
    lines.add(line("accepted", tally.acceptedMessages(), "messages"));
    lines.add(line("", tally.acceptedDeliveries(), "deliveries"));
    lines.add(line("delivered", tally.delivered(), ""));
    lines.add(line("bounced", tally.bounced(), "refused for good by the sink"));
    lines.add(line("doubled", tally.doubled(), "where an attempt or a submission was in doubt"));
    lines.add(line("doubled", tally.doubledWithoutCause(), "without a cause"));
    lines.add(
        line(
            "excusing",
            Math.toIntExact(Math.round(excusing * 100)),
            "% of the time could excuse a double"));
    lines.add(line("lost", tally.lost(), ""));
    lines.add(line("in part", tally.partial(), ""));
    lines.add(line("altered", tally.altered(), ""));
    lines.add(line("unexpected", tally.unexpected(), ""));
    lines.add(line("in doubt", tally.undecided(), "submissions whose end the clients do not know"));
    lines.add("most       " + most);
    findings.forEach(finding -> lines.add("WRONG      " + finding));
    tally.troubles().forEach(trouble -> lines.add("example    " + trouble));
    logs.ifPresent(path -> lines.add("logs       " + path));
    return lines;
  }

  private static String line(String word, int number, String note) {
    return String.format(Locale.ROOT, "%-11s%8d  %s", word, number, note).stripTrailing();
  }
}
