package io.mailraft.ops.torture;

import io.mailraft.ops.torture.plant.Plant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What brings a plant to light: a plan of its own, and the check that is meant for it.
 *
 * @param plan what is done to the three nodes of one shard
 * @param check which must have a finding
 */
public record Provocation(Plan plan, Check check) {
  /** Messages a second: so many that there is always something on its way. */
  static final int RATE = 60;

  private static final int BUSY_MILLIS = 3_000;
  private static final int SHORT_PAUSE_MILLIS = 2_000;

  /** Longer than any harm is said to reach, from the end of one to the begin of the next. */
  private static final int QUIET_MILLIS = 12_000;

  /**
   * Longer than a lease and what it takes to deliver what comes back then, and shorter than a node
   * waits for the far end.
   */
  private static final int PAST_LEASE_MILLIS = 8_200;

  /** The sink is slow until shortly after the blow, so that much is in hand then, and not later. */
  private static final int SLOW_MILLIS = 3_500;

  private static final int IN_HAND_MILLIS = 2_000;

  /** Until well after a frozen node has gone on. */
  private static final int CUT_MILLIS = 11_000;

  /** Longer than a proposal waits for its commit, and a leader for its followers. */
  private static final int NO_MAJORITY_MILLIS = 6_000;

  /** The network is parted before the leader is frozen, and for a while after it woke twice. */
  private static final int PARTED_MILLIS = 11_000;

  private static final int DELAY_MILLIS = 1_000;
  private static final int SECOND_DELAY_MILLIS = 5_000;
  private static final int FREEZE_MILLIS = 3_500;

  /** That of a plant. */
  public static Provocation of(Plant plant) {
    return switch (plant) {
      // The leader goes on alone, and the others come back without what it took meanwhile.
      case ACK_BEFORE_COMMIT ->
          new Provocation(
              repeated(
                  1,
                  new Plan.Round(
                      SHORT_PAUSE_MILLIS,
                      List.of(Blow.ofFollowers(Fault.KILL, 0, 2, NO_MAJORITY_MILLIS)))),
              Check.LOST);
      // Much is in the hands of the one that dies.
      case LOSE_CLAIM ->
          new Provocation(
              repeated(
                  1,
                  new Plan.Round(
                      SHORT_PAUSE_MILLIS,
                      List.of(
                          Blow.ofNobody(Fault.SINK_SLOW, SLOW_MILLIS),
                          Blow.ofFollowers(Fault.KILL, 0, 1, PAST_LEASE_MILLIS)
                              .after(IN_HAND_MILLIS)))),
              Check.LOST);
      // Two followers that do not hear of each other ask the third node for its vote, which wakes
      // at that moment. It is frozen twice: first it loses its leadership, and calls them to order
      // with its last breath; then they stand.
      case DOUBLE_VOTE ->
          new Provocation(
              repeated(
                  8,
                  new Plan.Round(
                      SHORT_PAUSE_MILLIS,
                      List.of(
                          Blow.ofFollowers(Fault.PART, 0, 2, PARTED_MILLIS),
                          Blow.ofLeader(Fault.FREEZE, 0, FREEZE_MILLIS).after(DELAY_MILLIS),
                          Blow.ofLeader(Fault.FREEZE, 0, FREEZE_MILLIS)
                              .after(SECOND_DELAY_MILLIS)))),
              Check.LEADERS);
      case KNOW_ANY_STORAGE ->
          new Provocation(
              repeated(
                  1,
                  new Plan.Round(
                      SHORT_PAUSE_MILLIS, List.of(Blow.ofNodes(Fault.WIPE, BUSY_MILLIS, 2)))),
              Check.DAMAGE);
      case NO_FSYNC ->
          new Provocation(
              repeated(
                  1,
                  new Plan.Round(
                      QUIET_MILLIS, List.of(Blow.ofNodes(Fault.POWER_CUT, BUSY_MILLIS, 1, 2, 3)))),
              Check.LOST);
      // What it had in hand is with others by the time it wakes. It is cut off, or it would hear
      // that, and that the content is gone, before it goes on.
      case IGNORE_LEASE ->
          new Provocation(
              alone(
                  Blow.ofNobody(Fault.SINK_SLOW, SLOW_MILLIS),
                  Blow.ofFollowers(Fault.CUT, 0, 1, CUT_MILLIS).after(IN_HAND_MILLIS),
                  Blow.ofFollowers(Fault.FREEZE, 0, 1, PAST_LEASE_MILLIS).after(IN_HAND_MILLIS)),
              Check.DOUBLED);
      // What it delivered, and what is forgotten of that, goes to others.
      case DROP_OUTCOME ->
          new Provocation(
              alone(Blow.ofFollowers(Fault.KILL, 0, 1, PAST_LEASE_MILLIS)), Check.DOUBLED);
      case CORRUPT_BODY -> new Provocation(busy(1), Check.ALTERED);
      case LOSE_DEFERRED -> new Provocation(busy(1), Check.LOST);
      case CLOCK_IN_APPLY -> new Provocation(busy(1), Check.EQUAL);
      case LEAK_FILES -> new Provocation(busy(3), Check.GROWTH);
      case END_BY_ITSELF -> new Provocation(busy(6), Check.ENDED);
    };
  }

  /** Far from all other harm. */
  private static Plan alone(Blow... blows) {
    return new Plan(
        List.of(
            new Plan.Round(QUIET_MILLIS, List.of(blows)), new Plan.Round(QUIET_MILLIS, List.of())));
  }

  /** Nothing but a sink that is busy at times, for the bugs that need no more than mail. */
  private static Plan busy(int times) {
    return repeated(
        times,
        new Plan.Round(SHORT_PAUSE_MILLIS, List.of(Blow.ofNobody(Fault.SINK_BUSY, BUSY_MILLIS))));
  }

  private static Plan repeated(int times, Plan.Round round) {
    return new Plan(new ArrayList<>(Collections.nCopies(times, round)));
  }
}
