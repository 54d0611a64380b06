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
 * @param plan what is done instead of what the seed says, where that is wanted
 * @param patience how long it waits before something is a finding
 */
public record Options(
    long seed,
    int nodes,
    int shards,
    int seconds,
    Set<Fault> faults,
    int rate,
    Optional<Plant> plant,
    Optional<Plan> plan,
    Patience patience) {
  private static final int PLAN_SECONDS_MAX = 600;

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
    if (!plan.map(Plan::faults).orElse(Set.of()).stream().allMatch(faults::contains)) {
      throw new IllegalArgumentException("a plan with faults that are not prepared for");
    }
  }

  /** A run as its seed says. */
  public static Options ofSeed(
      long seed, int nodes, int shards, int seconds, Set<Fault> faults, int rate) {
    return new Options(
        seed,
        nodes,
        shards,
        seconds,
        faults,
        rate,
        Optional.empty(),
        Optional.empty(),
        Patience.LONG);
  }

  /** A run of a plan, on three nodes and one shard, that is soon impatient. */
  public static Options ofPlan(long seed, Plan plan) {
    return new Options(
        seed,
        3,
        1,
        PLAN_SECONDS_MAX,
        plan.faults(),
        Provocation.RATE,
        Optional.empty(),
        Optional.of(plan),
        Patience.SHORT);
  }

  /** The same with a bug in every node. */
  public Options withPlant(Plant bug) {
    return new Options(
        seed, nodes, shards, seconds, faults, rate, Optional.of(bug), plan, patience);
  }

  /** What is done in it. */
  Plan toBeDone() {
    return plan.orElseGet(() -> Plan.of(seed, nodes, shards, seconds, faults));
  }
}
