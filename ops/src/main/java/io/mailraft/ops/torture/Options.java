package io.mailraft.ops.torture;

import io.mailraft.ops.torture.plant.Plant;
import java.util.Optional;
import java.util.Set;

/**
 * What a run is.
 *
 * @param seed from which the faults and the mail are made
 * @param nodes number of nodes, 3 or 5
 * @param shards number of shards, 1 or 3
 * @param seconds how long faults go on
 * @param faults which
 * @param rate messages a second in all
 * @param plant the bug that the nodes carry, where one is wanted
 */
public record Options(
    long seed,
    int nodes,
    int shards,
    int seconds,
    Set<Fault> faults,
    int rate,
    Optional<Plant> plant) {
  public Options {
    if (nodes < 3 || nodes > 5 || shards < 1 || shards > 8 || seconds < 1 || rate < 1) {
      throw new IllegalArgumentException(
          "3 to 5 nodes, 1 to 8 shards, at least 1 second and 1 message a second");
    }
    if ((long) seconds * rate > Book.MESSAGES_MAX) {
      throw new IllegalArgumentException(
          "a run has at most " + Book.MESSAGES_MAX + " messages: less time, or a lower rate");
    }
    faults = Set.copyOf(faults);
  }
}
