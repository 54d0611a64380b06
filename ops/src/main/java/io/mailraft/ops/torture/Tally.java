package io.mailraft.ops.torture;

import java.util.List;
import java.util.stream.Stream;

/**
 * What became of the mail of a run.
 *
 * @param acceptedMessages messages that got their 250
 * @param acceptedDeliveries recipients of those
 * @param delivered recipients of accepted messages that were served
 * @param bounced recipients of accepted messages that were refused for good, and not served
 * @param doubled further ends of a delivery, each with a cause
 * @param doubledWithoutCause further ends that nothing excuses
 * @param lost recipients of accepted messages that have no end
 * @param partial messages without a 250 of which some recipients have an end and some not (I3)
 * @param altered copies whose body or reverse path is not what was handed in
 * @param unexpected copies that nobody handed in, or that were refused beyond doubt
 * @param undecided messages that got no 250 and may or may not be stored
 * @param troubles examples of what is wrong, a few
 */
record Tally(
    int acceptedMessages,
    int acceptedDeliveries,
    int delivered,
    int bounced,
    int doubled,
    int doubledWithoutCause,
    int lost,
    int partial,
    int altered,
    int unexpected,
    int undecided,
    List<String> troubles) {
  Tally {
    troubles = List.copyOf(troubles);
  }

  /** What is wrong, as the names of the checks that say so. */
  List<Finding> findings() {
    return Stream.of(
            finding(Check.LOST, lost, "accepted deliveries have no end"),
            finding(Check.DOUBLED, doubledWithoutCause, "ends more than one without a cause"),
            finding(Check.PARTIAL, partial, "messages were stored in part"),
            finding(Check.ALTERED, altered, "copies are not what was handed in"),
            finding(Check.UNEXPECTED, unexpected, "copies were never accepted"))
        .flatMap(List::stream)
        .toList();
  }

  private static List<Finding> finding(Check check, int count, String text) {
    return count == 0 ? List.of() : List.of(new Finding(check, count + " " + text));
  }
}
