package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.torture.plant.Plant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every plant is caught by a fixed plan. */
@Tag("long")
class PlantsTest {
  private static final long SEED = 7;
  private static final int RATE = 60;

  /** What provokes a bug, for how long, and which of the checks may be the one that sees it. */
  private record Case(Set<Fault> faults, int seconds, Set<Check> checks) {}

  private static Case caseOf(Plant plant) {
    return switch (plant) {
      case ACK_BEFORE_COMMIT -> new Case(Set.of(Fault.KILL), 40, Set.of(Check.LOST));
      case LOSE_CLAIM -> new Case(Set.of(Fault.KILL), 20, Set.of(Check.LOST, Check.DRAINED));
      case DOUBLE_VOTE ->
          new Case(
              Set.of(Fault.FREEZE),
              60,
              Set.of(Check.LOG, Check.EQUAL, Check.ENDED, Check.PROGRESS, Check.LOST));
      case KNOW_ANY_STORAGE -> new Case(Set.of(Fault.WIPE), 20, Set.of(Check.DAMAGE));
      case NO_FSYNC ->
          new Case(Set.of(Fault.POWER_CUT), 60, Set.of(Check.LOST, Check.PROGRESS, Check.ENDED));
      case IGNORE_LEASE -> new Case(Set.of(Fault.FREEZE), 60, Set.of(Check.DOUBLED));
      case DROP_OUTCOME ->
          new Case(Set.of(Fault.SINK_BUSY), 5, Set.of(Check.DRAINED, Check.DOUBLED));
      case CORRUPT_BODY -> new Case(Set.of(Fault.SINK_BUSY), 5, Set.of(Check.ALTERED));
      case LOSE_DEFERRED -> new Case(Set.of(Fault.SINK_BUSY), 5, Set.of(Check.LOST));
      case CLOCK_IN_APPLY -> new Case(Set.of(Fault.SINK_BUSY), 5, Set.of(Check.EQUAL));
      case LEAK_FILES -> new Case(Set.of(Fault.SINK_BUSY), 20, Set.of(Check.GROWTH));
      case END_BY_ITSELF -> new Case(Set.of(Fault.SINK_BUSY), 20, Set.of(Check.ENDED));
    };
  }

  @ParameterizedTest
  @EnumSource
  void it_is_caught(Plant plant) throws Exception {
    Case of = caseOf(plant);
    for (Fault fault : of.faults()) {
      Optional<String> reason = Ground.unavailable(fault);
      assumeTrue(reason.isEmpty(), () -> fault.word() + ": " + reason.orElse(""));
    }
    Result result =
        Run.perform(
            new Options(SEED, 3, 1, of.seconds(), of.faults(), RATE, Optional.of(plant)),
            System.err::println);
    result.lines().forEach(System.err::println);
    assertThat(of.checks()).anyMatch(result::caughtBy);
    assertThat(result.caughtBy(Check.PLANTED)).isFalse();
  }
}
