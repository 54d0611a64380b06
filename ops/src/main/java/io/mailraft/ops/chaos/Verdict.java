package io.mailraft.ops.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What became of a run's mail.
 *
 * @param acceptedMessages messages that got their 250
 * @param acceptedDeliveries recipients of those
 * @param acceptedByNode messages by the node that gave the 250
 * @param delivered recipients of accepted messages that were served at least once
 * @param doubled further copies, each with a cause
 * @param doubledWithoutCause further copies that nothing excuses
 * @param lost recipients of accepted messages that were never served
 * @param partial messages without a 250 of which some recipients were served and some not (I3)
 * @param altered copies whose body or reverse path is not what was handed in
 * @param unexpected copies that nobody handed in, or that were refused beyond doubt
 * @param undecided messages that got no 250 and may or may not be stored
 * @param longestPause longest time from the begin of a submission to its 250
 * @param firstTrouble one example of what is wrong, where something is
 */
public record Verdict(
    int acceptedMessages,
    int acceptedDeliveries,
    Map<String, Integer> acceptedByNode,
    int delivered,
    int doubled,
    int doubledWithoutCause,
    int lost,
    int partial,
    int altered,
    int unexpected,
    int undecided,
    Duration longestPause,
    Optional<String> firstTrouble) {

  /** Whether nothing was lost, altered or made up, and nothing doubled without a cause. */
  public boolean clean() {
    return lost == 0 && partial == 0 && altered == 0 && unexpected == 0 && doubledWithoutCause == 0;
  }

  /** The verdict as lines for people. */
  public List<String> lines() {
    String nodes =
        acceptedByNode.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
    return List.of(
        line("accepted", acceptedMessages, "messages (" + nodes + ")"),
        line("", acceptedDeliveries, "deliveries"),
        line("delivered", delivered, ""),
        line("doubled", doubled, "where a fault left an attempt or a submission in doubt"),
        line("doubled", doubledWithoutCause, "without a cause"),
        line("lost", lost, ""),
        line("in part", partial, "stored with some of their recipients only"),
        line("altered", altered, ""),
        line("unexpected", unexpected, "never accepted"),
        line("in doubt", undecided, "submissions whose end the clients do not know"),
        String.format(
            Locale.ROOT,
            "%-11s%8.3f  s was the longest pause of a submission",
            "paused",
            longestPause.toNanos() / 1e9));
  }

  private static String line(String word, int number, String note) {
    return String.format(Locale.ROOT, "%-11s%8d  %s", word, number, note).stripTrailing();
  }

  @Override
  public String toString() {
    return String.join("\n", lines()) + firstTrouble.map(text -> "\n" + text).orElse("");
  }
}
