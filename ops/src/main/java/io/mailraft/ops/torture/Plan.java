package io.mailraft.ops.torture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What is done in a run, as a pure function of its seed and shape: rounds one after the other, each
 * a quiet time, then one or two faults, then recovery, whose length is the cluster's affair.
 *
 * <p>Within a round two faults never strike the same node, and never does a majority lose what it
 * has on disk.
 *
 * @param rounds the rounds, in order; more than fit, the run's time decides how many are done
 */
public record Plan(List<Round> rounds) {
  private static final int PAUSE_MILLIS_MIN = 2_000;
  private static final int PAUSE_MILLIS_MAX = 7_000;

  /**
   * Every so many rounds the pause is longer than harm reaches, so that a double without a cause
   * cannot but show.
   */
  private static final int QUIET_EVERY = 3;

  private static final int QUIET_MILLIS_MIN = 14_000;
  private static final int QUIET_MILLIS_MAX = 20_000;
  private static final int BLOW_MILLIS_MIN = 500;
  private static final int BLOW_MILLIS_MAX = 9_000;

  /** A round costs this time at least, so that a plan for a given time is long enough. */
  private static final int ROUND_MILLIS_MIN = PAUSE_MILLIS_MIN + BLOW_MILLIS_MIN;

  /**
   * One round.
   *
   * @param pauseMillis quiet time before its first fault
   * @param blows its faults, by delay; none where the time alone is wanted
   */
  public record Round(int pauseMillis, List<Blow> blows) {
    public Round {
      blows = List.copyOf(blows);
    }

    @Override
    public String toString() {
      return "after %.1f s: %s"
          .formatted(
              pauseMillis / 1e3,
              blows.isEmpty()
                  ? "nothing"
                  : String.join(" and ", blows.stream().map(Blow::toString).toList()));
    }
  }

  public Plan {
    rounds = List.copyOf(rounds);
  }

  /** All faults in it. */
  Set<Fault> faults() {
    return rounds.stream()
        .flatMap(round -> round.blows().stream())
        .map(Blow::fault)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
  }

  /**
   * The plan of a seed.
   *
   * @param nodes number of nodes, 3 or more
   * @param shards number of shards, 1 or more
   * @param seconds how long the rounds go on
   * @param faults what may be done, one at least
   */
  public static Plan of(long seed, int nodes, int shards, int seconds, Set<Fault> faults) {
    if (nodes < 3 || shards < 1 || faults.isEmpty()) {
      throw new IllegalArgumentException("at least 3 nodes, 1 shard and 1 fault");
    }
    Random random = new Random(seed * 31 + nodes * 7L + shards);
    List<Fault> deck = new ArrayList<>();
    List<Round> rounds = new ArrayList<>();
    for (long millis = 0; millis < seconds * 1000L; millis += ROUND_MILLIS_MIN) {
      boolean quiet = rounds.size() % QUIET_EVERY == QUIET_EVERY - 1;
      rounds.add(round(random, pause(random, quiet), nodes, shards, faults, deck));
    }
    return new Plan(rounds);
  }

  private static int pause(Random random, boolean quiet) {
    return quiet
        ? random.nextInt(QUIET_MILLIS_MIN, QUIET_MILLIS_MAX)
        : random.nextInt(PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX);
  }

  private static Round round(
      Random random, int pause, int nodes, int shards, Collection<Fault> faults, List<Fault> deck) {
    Fault fault = draw(random, faults, deck);
    List<Blow> blows = new ArrayList<>();
    blows.add(blow(random, fault, nodes, shards));
    Blow first = blows.getFirst();
    if (first.leader() < 0 && random.nextInt(3) == 0) {
      Fault second = draw(random, faults, deck);
      another(random, first, second, nodes)
          .ifPresentOrElse(blows::add, () -> deck.add(second)); // Its turn comes yet.
    }
    return new Round(pause, blows);
  }

  /** Every fault has its turn before one comes again. */
  private static Fault draw(Random random, Collection<Fault> faults, List<Fault> deck) {
    if (deck.isEmpty()) {
      deck.addAll(EnumSet.copyOf(faults));
    }
    return deck.remove(random.nextInt(deck.size()));
  }

  private static Blow blow(Random random, Fault fault, int nodes, int shards) {
    int millis = random.nextInt(BLOW_MILLIS_MIN, BLOW_MILLIS_MAX);
    int dice = random.nextInt(10);
    if (!fault.strikesNodes()) {
      return new Blow(fault, List.of(), Blow.NONE, 0, 0, millis, Optional.empty());
    }
    Optional<Damage> damage = damage(random, fault);
    if (dice < 4) {
      return new Blow(fault, List.of(), random.nextInt(shards), 0, 0, millis, damage);
    }
    int victims =
        fault.losesData()
            ? (dice < 7 ? 1 : minority(nodes))
            : (dice < 7 ? 1 : dice < 9 ? nodes / 2 + 1 : nodes);
    return new Blow(fault, some(random, nodes, victims), Blow.NONE, 0, 0, millis, damage);
  }

  /** The most nodes of which the rest is a majority. */
  private static int minority(int nodes) {
    return (nodes - 1) / 2;
  }

  private static Optional<Damage> damage(Random random, Fault fault) {
    if (fault != Fault.CORRUPT) {
      return Optional.empty();
    }
    List<Damage.Kind> kinds = List.of(Damage.Kind.values());
    Damage.Kind kind = kinds.get(random.nextInt(kinds.size()));
    int dice = random.nextInt(3);
    return Optional.of(new Damage(kind, dice == 0, dice == 2));
  }

  /** A second fault that strikes one of those that the first one leaves alone. */
  private static Optional<Blow> another(Random random, Blow first, Fault fault, int nodes) {
    int delay = random.nextInt(first.millis());
    int millis = random.nextInt(BLOW_MILLIS_MIN, BLOW_MILLIS_MAX);
    if (!fault.strikesNodes()) {
      return Optional.of(new Blow(fault, List.of(), Blow.NONE, 0, delay, millis, Optional.empty()));
    }
    if (fault.losesData() && first.dataLost() + 1 > minority(nodes)) {
      return Optional.empty();
    }
    List<Integer> left =
        IntStream.rangeClosed(1, nodes)
            .filter(number -> !first.victims().contains(number))
            .boxed()
            .toList();
    if (left.isEmpty()) {
      return Optional.empty();
    }
    int victim = left.get(random.nextInt(left.size()));
    return Optional.of(
        new Blow(fault, List.of(victim), Blow.NONE, 0, delay, millis, damage(random, fault)));
  }

  private static List<Integer> some(Random random, int nodes, int count) {
    List<Integer> all = new ArrayList<>(IntStream.rangeClosed(1, nodes).boxed().toList());
    Collections.shuffle(all, random);
    return all.subList(0, count).stream().sorted().toList();
  }
}
