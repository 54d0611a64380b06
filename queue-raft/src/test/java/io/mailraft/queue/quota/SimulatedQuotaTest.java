package io.mailraft.queue.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.quota.Simulation.Plant;
import io.mailraft.queue.quota.Simulation.Settings;
import io.mailraft.queue.quota.Simulation.Window;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Quotas over random runs of a simulated cluster, and that each planted bug is caught. */
final class SimulatedQuotaTest {
  private static final int SECONDS = 200;

  /** Where the clocks are steady units are taken in their own window, too. */
  @ParameterizedTest
  @CsvSource({"1, 1, 300", "5, 1, 200", "20, 7, 400", "100, 1, 100", "300, 20, 200"})
  void noWindowIsEverOverItsLimitThroughDeathsAndLostQuestions(
      int limit, int recipients, int millis) {
    for (long seed = 1; seed <= 12; seed++) {
      Simulation run =
          new Simulation(
                  seed, 3, new Settings(limit, recipients, millis, true, false, 10, Plant.NONE))
              .run(SECONDS);
      assertThat(run.taken()).as("seed %d", seed).isNotEmpty();
      assertThat(run.worst()).as("seed %d", seed).isLessThanOrEqualTo(0);
      assertThat(run.misplaced()).as("seed %d", seed).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"5, 1, 200", "100, 5, 100"})
  void noWindowIsEverOverItsLimitWhereClocksJump(int limit, int recipients, int millis) {
    for (long seed = 1; seed <= 12; seed++) {
      Simulation run =
          new Simulation(
                  seed, 3, new Settings(limit, recipients, millis, true, true, 10, Plant.NONE))
              .run(SECONDS);
      assertThat(run.worst()).as("seed %d", seed).isLessThanOrEqualTo(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3, 200", "5, 3, 500", "10, 5, 100", "100, 3, 100", "1000, 3, 20"})
  void aQuotaIsUsedWholeWhateverNodeTheMailComesInOn(int limit, int nodes, int millis) {
    for (long seed = 1; seed <= 5; seed++) {
      Simulation run =
          new Simulation(seed, nodes, new Settings(limit, 1, millis, false, false, 0, Plant.NONE))
              .run(SECONDS);
      for (Map.Entry<Window, Long> window : run.taken().entrySet()) {
        if (window.getKey().millis() + 60_000 <= SECONDS * 1000L) {
          assertThat(window.getValue()).as("seed %d, %s", seed, window.getKey()).isEqualTo(limit);
        }
      }
      assertThat(run.refusals()).isPositive();
    }
  }

  /** Nobody is refused who fits: what others hold is given back in time. */
  @Test
  void nobodyIsRefusedWhileThereIsRoom() {
    for (long seed = 1; seed <= 5; seed++) {
      Simulation run =
          new Simulation(seed, 3, new Settings(600, 1, 400, false, false, 0, Plant.NONE))
              .run(SECONDS);
      assertThat(run.refusals()).as("seed %d", seed).isZero();
    }
  }

  /** A message that has no room is refused, though smaller ones might have it. */
  @Test
  void whatIsLeftUnusedIsLessThanTheLargestMessage() {
    Simulation run =
        new Simulation(3, 3, new Settings(200, 10, 100, false, false, 0, Plant.NONE)).run(SECONDS);
    run.taken()
        .forEach(
            (window, units) -> {
              if (window.counter().equals(Simulation.RECIPIENTS)
                  && window.millis() + 60_000 <= SECONDS * 1000L) {
                assertThat(units).isGreaterThan(200 - 10);
              }
            });
  }

  @Test
  void theLogHasAtMostAFewEntriesASecondHoweverManyMessagesThereAre() {
    Simulation run =
        new Simulation(1, 3, new Settings(1_000_000, 3, 2, false, false, 0, Plant.NONE)).run(60);
    assertThat(run.refusals()).isZero();
    assertThat(run.entries()).isLessThanOrEqualTo(4 * 60);
  }

  @ParameterizedTest
  @EnumSource(value = Plant.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsCaught(Plant plant) {
    // Units are left at a window's end only where the quota is ample.
    int limit = plant == Plant.USES_TOO_LATE ? 5000 : 50;
    boolean caught = false;
    for (long seed = 1; seed <= 20 && !caught; seed++) {
      Simulation run =
          new Simulation(seed, 3, new Settings(limit, 1, 100, true, false, 5, plant)).run(SECONDS);
      caught = run.worst() > 0 || run.misplaced() > 0;
    }
    assertThat(caught).as("%s is caught", plant).isTrue();
  }
}
