package io.mailraft.queue.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.SendGrant;
import io.mailraft.config.ClusterSettings;
import io.mailraft.config.ClusterYaml;
import io.mailraft.config.ConfigException;
import io.mailraft.config.Rate;
import io.mailraft.config.Throttle;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class PaceTest {

  private static Pace pace(String rate, int burst) {
    return Pace.of(Rate.parse(rate), burst);
  }

  @Test
  void aBurstOfTwoSecondsIsALatenessOfAlmostTwoSeconds() {
    assertThat(pace("600/minute", 20)).isEqualTo(new Pace(100_000_000, 1_900_000_000));
  }

  @Test
  void aBurstThatNodesCannotKeepToWidensTheSpacing() {
    assertThat(pace("1/second", 1)).isEqualTo(new Pace(1_100_000_000, 100_000_000));
    assertThat(pace("1/minute", 1)).isEqualTo(new Pace(61_000_000_000L, 1_000_000_000));
    assertThat(pace("10/minute", 1)).isEqualTo(new Pace(6_300_000_000L, 300_000_000));
    assertThat(pace("100/second", 6)).isEqualTo(new Pace(60_000_000, 100_000_000));
    assertThat(pace("100/second", 11)).isEqualTo(new Pace(10_000_000, 100_000_000));
  }

  @Test
  void aHugeBurstIsAYearAtMost() {
    assertThat(pace("1/day", Integer.MAX_VALUE).latenessNanos())
        .isEqualTo(Duration.ofDays(365).toNanos());
    assertThat(pace("1000000000/second", 2).spacingNanos()).isPositive();
  }

  /** Every window of W holds at most rate x W + burst of the slots, used however late they may. */
  @Test
  void i7_slotsUsedAsLateAsTheyMayStayWithinTheBound() {
    for (String rate : new String[] {"1/second", "7/second", "100/second", "90/minute"}) {
      for (int burst : new int[] {1, 2, 3, 10, 200}) {
        Pace pace = pace(rate, burst);
        double spacing = Rate.parse(rate).spacingNanos();
        for (int slots = 1; slots < 500; slots++) {
          // The first one as late as it may, the last one on time.
          double window = (slots - 1.0) * pace.spacingNanos() - pace.latenessNanos();
          assertThat((double) slots)
              .as("%s, burst %d", rate, burst)
              .isLessThanOrEqualTo(Math.floor(Math.max(0, window) / spacing + burst + 1e-9));
        }
      }
    }
  }

  @Test
  void aWarmUpHasABudgetForTodayAndForNoOtherDay() throws ConfigException {
    ClusterSettings settings =
        ClusterYaml.parse(
            """
            zones:
              bulk:
                pool:
                  - address: 192.0.2.1
                    warmup: { start: 2026-01-01, perDay: [50, 100] }
            """,
            "zones");
    String counter = Throttle.warmUpCounter(InetAddress.ofLiteral("192.0.2.1"));
    Instant second = Instant.parse("2026-01-02T12:00:00Z");
    assertThat(Pace.of(settings, Pace.dated(counter, second), second).orElseThrow().budget())
        .hasValue(100);
    Instant warm = Instant.parse("2026-01-03T12:00:00Z");
    assertThat(
            Pace.of(settings, Pace.dated(counter, warm), warm).orElseThrow().budget().orElseThrow())
        .isGreaterThan(1_000_000_000_000L);
    assertThat(Pace.of(settings, Pace.dated(counter, warm), second)).isEmpty();
    Instant early = Instant.parse("2025-12-31T12:00:00Z");
    assertThat(Pace.of(settings, Pace.dated(counter, early), early).orElseThrow().budget())
        .hasValue(0);
  }

  @Test
  void aBudgetIsGivenInPartsAndNeverExceeded() {
    Pace pace = new Pace(1, 1_000_000_000_000L, OptionalLong.of(100));
    Map<String, Long> given = Map.of("warmup:192.0.2.1 day=1", 90L);
    Allotter allotter = new Allotter(given, counter -> Optional.of(pace), 0);
    int sum = 0;
    for (int question = 1; question <= 20; question++) {
      GiveSends decision =
          allotter.decide(
              List.of(
                  new Allotter.Question(
                      question % 3,
                      1,
                      SendQuestion.newBuilder()
                          .setCounter("warmup:192.0.2.1 day=1")
                          .setQuestion(question)
                          .setSends(1000)
                          .build(),
                      0)),
              question * 1_000_000_000L,
              0);
      sum += decision.getGrantsList().stream().mapToInt(SendGrant::getCount).sum();
    }
    assertThat(sum).isEqualTo(10);
  }

  @Test
  void theDefaultBurstIsASecondsWorth() {
    assertThat(Throttle.defaultBurst(Rate.parse("100/second"))).isEqualTo(101);
    assertThat(Throttle.defaultBurst(Rate.parse("600/minute"))).isEqualTo(11);
    assertThat(Throttle.defaultBurst(Rate.parse("1/minute"))).isEqualTo(1);
    assertThat(Throttle.defaultBurst(Rate.parse("1/hour"))).isEqualTo(1);
  }
}
