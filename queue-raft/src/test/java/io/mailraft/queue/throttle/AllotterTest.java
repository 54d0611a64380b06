package io.mailraft.queue.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.config.ClusterSettings;
import io.mailraft.config.ClusterYaml;
import io.mailraft.config.ConfigException;
import io.mailraft.config.Throttle;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a leader gives of a warm-up's day, and which counters it lets go. */
final class AllotterTest {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
  private static final String WARMING =
      Pace.dated(Throttle.warmUpCounter(InetAddress.ofLiteral("192.0.2.1")), NOON);

  private static ClusterSettings settings(String pool) {
    try {
      return ClusterYaml.parse("zones: { bulk: { pool: [" + pool + "] } }", "test");
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  private static Allotter.Question question(String counter, int sends) {
    return new Allotter.Question(
        1,
        1,
        SendQuestion.newBuilder().setCounter(counter).setQuestion(1).setSends(sends).build(),
        0);
  }

  @Test
  void aDaysSendsCountThoughTheSourceIsTakenOutAndPutBack() {
    String source = "{ address: 192.0.2.1, warmup: { start: 2026-01-02, perDay: [100] } }";
    List<ClusterSettings> inForce = new ArrayList<>(List.of(settings(source)));
    Allotter allotter =
        new Allotter(
            Map.of(WARMING, 95L), name -> Pace.of(inForce.getFirst(), name, NOON), 10 * MINUTE);
    inForce.set(0, settings(""));
    GiveSends without =
        allotter.decide(List.of(question(WARMING, 50), question("other", 1)), 15 * MINUTE, 0);
    assertThat(without.getGrantsList()).isEmpty();
    assertThat(without.getForgottenList()).isEmpty();
    inForce.set(0, settings(source));
    GiveSends back = allotter.decide(List.of(question(WARMING, 50)), 20 * MINUTE, 0);
    assertThat(back.getGrants(0).getFirstNanos()).isEqualTo(95);
    assertThat(back.getGrants(0).getCount()).isEqualTo(5);
  }

  @Test
  void aDayThatIsOverIsForgotten() {
    Allotter allotter =
        new Allotter(
            Map.of(WARMING, 95L),
            name -> Pace.of(settings(""), name, NOON.plus(Duration.ofDays(1))),
            10 * MINUTE);
    assertThat(allotter.decide(List.of(), 12 * MINUTE, 0).getForgottenList())
        .containsExactly(WARMING);
  }

  @Test
  void aWarmSourceIsGivenAllThatIsWanted() {
    ClusterSettings warm =
        settings("{ address: 192.0.2.1, warmup: { start: 2026-01-01, perDay: [100] } }");
    Allotter allotter = new Allotter(Map.of(), name -> Pace.of(warm, name, NOON), 0);
    GiveSends given = allotter.decide(List.of(question(WARMING, 50_000)), MINUTE, 0);
    assertThat(given.getGrants(0).getCount()).isEqualTo(50_000);
  }

  /** A burst that takes days to come back keeps its counter for as long, and no other's. */
  @Test
  void countersThatLastForLongKeepNoOthersFromBeingForgotten() {
    Pace slow = new Pace(MINUTE, Duration.ofDays(3).toNanos());
    Pace fast = new Pace(1_000_000, 1_000_000_000);
    Map<String, Long> slots = new HashMap<>();
    for (int i = 0; i < 1000; i++) {
      slots.put("slow" + i, MINUTE);
      slots.put("fast" + i, MINUTE);
    }
    Allotter allotter =
        new Allotter(slots, name -> Optional.of(name.startsWith("slow") ? slow : fast), MINUTE);
    List<String> forgotten = new ArrayList<>();
    for (int decision = 0; decision < 10; decision++) {
      GiveSends made = allotter.decide(List.of(), 3 * MINUTE + decision, 0);
      forgotten.addAll(made.getForgottenList());
    }
    assertThat(forgotten).hasSize(1000).allMatch(name -> name.startsWith("fast"));
    // What is asked for in the meantime stays for another minute.
    allotter.decide(List.of(question("fast1", 1)), 4 * MINUTE, 0);
    assertThat(allotter.decide(List.of(), 4 * MINUTE + MINUTE / 2, 0).getForgottenList()).isEmpty();
    assertThat(allotter.decide(List.of(), 6 * MINUTE, 0).getForgottenList())
        .containsExactly("fast1");
  }
}
