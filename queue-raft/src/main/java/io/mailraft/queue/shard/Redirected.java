package io.mailraft.queue.shard;

import io.mailraft.api.link.Reason;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * How a delivery waits that a node has given back for another one.
 *
 * @param node the node that alone may have it for now
 * @param source what it is to leave from; empty where any source of that node will do
 * @param unfit nodes that cannot send it, or had no room
 * @param waited for how long it has waited for that node
 * @param left time until it is any node's
 */
record Redirected(
    int node, Optional<String> source, SortedSet<Integer> unfit, Duration waited, Duration left) {

  /**
   * The same for people.
   *
   * @param names names of nodes by number
   */
  Reason reason(IntFunction<String> names) {
    String awaited = names.apply(node);
    String why =
        source
            .map(address -> "it is to leave from " + address + ", which is " + awaited + "'s")
            .orElseGet(
                () ->
                    "none of the sources of %s may be used for it"
                        .formatted(
                            unfit.stream()
                                .map(names::apply)
                                .collect(Collectors.joining(" and of "))));
    return Reason.newBuilder()
        .setPhase(source.isPresent() ? "its source" : "another node")
        .setDetail(
            "%s; it waits until %s has room, for %d s more at most"
                .formatted(why, awaited, Math.max(0, left.toSeconds())))
        .setForMillis(Math.max(1, waited.toMillis()))
        .setAwaited(awaited)
        .build();
  }
}
