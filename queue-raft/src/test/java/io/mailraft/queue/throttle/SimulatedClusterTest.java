package io.mailraft.queue.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.Rate;
import io.mailraft.queue.throttle.Simulation.Faults;
import io.mailraft.queue.throttle.Simulation.Plant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** I7 over random runs of a simulated cluster, and that each planted bug breaks it. */
final class SimulatedClusterTest {

  /**
   * The most by which any window exceeds rate x W + burst; 0 or less where all keep it. For the
   * windows from each send on, the greatest excess is found in one pass: that of a token bucket.
   */
  private static double excess(List<Long> sends, Rate rate, int burst) {
    double spacing = rate.spacingNanos();
    double worst = Double.NEGATIVE_INFINITY;
    double due = Double.NEGATIVE_INFINITY;
    for (long send : sends) {
      worst = Math.max(worst, (due - (burst - 1) * spacing - (double) send) / spacing);
      due = Math.max(due, (double) send) + spacing;
    }
    return worst;
  }

  @Test
  void theCheckerCountsAsTheDefinitionDoes() {
    Rate rate = Rate.parse("10/second");
    List<Long> even = List.of(0L, 100_000_000L, 200_000_000L, 300_000_000L);
    assertThat(excess(even, rate, 1)).isLessThanOrEqualTo(1e-9);
    List<Long> pair = List.of(0L, 50_000_000L);
    assertThat(excess(pair, rate, 1)).isCloseTo(0.5, org.assertj.core.data.Offset.offset(1e-9));
    assertThat(excess(pair, rate, 2)).isLessThanOrEqualTo(1e-9);
  }

  @ParameterizedTest
  @CsvSource({
    "100/second, 101",
    "10/second, 20",
    "600/minute, 11",
    "5/second, 2",
    "1/second, 1",
    "20/minute, 1",
    "1000/second, 1001",
    "50/second, 3"
  })
  void i7_noWindowHoldsMoreThanTheRateAndTheBurst(String text, int burst) {
    Rate rate = Rate.parse(text);
    for (long seed = 1; seed <= 25; seed++) {
      List<Long> sends =
          new Simulation(seed, 3, Pace.of(rate, burst), new Faults(4000, seed % 2 == 0, Plant.NONE))
              .run(60);
      assertThat(sends).as("seed %d", seed).isNotEmpty();
      assertThat(excess(sends, rate, burst)).as("seed %d", seed).isLessThanOrEqualTo(1e-9);
    }
  }

  /** Claims of a domain that a node holds at most: two seconds' worth of the rate. */
  private static Simulation.Mail backlog(int busy, Rate rate) {
    int held = Math.clamp((long) Math.ceil(2e9 / rate.spacingNanos()), 1, 10_000);
    return new Simulation.Mail.Backlog(busy, held);
  }

  private static double use(Rate rate, int burst, int nodes, Simulation.Mail mail, long seed) {
    long seconds = Math.max(60, (long) (100 * rate.spacingNanos() / 1e9));
    List<Long> sends =
        new Simulation(seed, nodes, Pace.of(rate, burst), new Faults(0, false, Plant.NONE), mail)
            .run(seconds);
    assertThat(excess(sends, rate, burst)).as("%d nodes", nodes).isLessThanOrEqualTo(1e-9);
    return sends.size() * rate.spacingNanos() / (seconds * 1e9);
  }

  @ParameterizedTest
  @CsvSource({
    "1/minute, 1",
    "1/minute, 2",
    "20/minute, 2",
    "1/second, 2",
    "5/second, 6",
    "10/second, 2",
    "10/second, 11",
    "50/second, 6",
    "100/second, 11",
    "100/second, 101",
    "1000/second, 101",
    "1000/second, 1001",
    "10000/second, 1001"
  })
  void aRateIsUsedWhileThereIsABacklog(String text, int burst) {
    Rate rate = Rate.parse(text);
    for (int nodes : new int[] {1, 3, 5}) {
      for (long seed = 1; seed <= 3; seed++) {
        assertThat(use(rate, burst, nodes, backlog(nodes, rate), seed))
            .as("%d nodes, seed %d", nodes, seed)
            .isGreaterThanOrEqualTo(0.95);
      }
    }
  }

  /** Who has a message now and then takes no slots away from who has many. */
  @ParameterizedTest
  @CsvSource({
    "5/second, 6",
    "10/second, 2",
    "10/second, 11",
    "100/second, 11",
    "1000/second, 1001"
  })
  void aRateIsUsedThoughOneNodeAloneHasABacklog(String text, int burst) {
    Rate rate = Rate.parse(text);
    for (int nodes : new int[] {3, 5}) {
      for (long seed = 1; seed <= 3; seed++) {
        assertThat(use(rate, burst, nodes, backlog(1, rate), seed))
            .as("%d nodes, seed %d", nodes, seed)
            .isGreaterThanOrEqualTo(0.95);
      }
    }
  }

  /** A burst as long as an election makes up for it. */
  @Test
  void aRateIsUsedThroughDeathsOfLeaders() {
    Rate rate = Rate.parse("20/second");
    List<Long> sends =
        new Simulation(3, 3, Pace.of(rate, 61), new Faults(8000, false, Plant.NONE)).run(300);
    assertThat(sends.size()).isGreaterThanOrEqualTo((int) (0.95 * 300 * 20));
  }

  @ParameterizedTest
  @EnumSource(value = Plant.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void i7_aPlantedBugIsCaught(Plant plant) {
    Rate rate = Rate.parse("50/second");
    boolean caught = false;
    for (long seed = 1; seed <= 20 && !caught; seed++) {
      List<Long> sends =
          new Simulation(seed, 3, Pace.of(rate, 10), new Faults(3000, true, plant)).run(60);
      caught = excess(sends, rate, 10) > 0;
    }
    assertThat(caught).as("%s is caught", plant).isTrue();
  }
}
