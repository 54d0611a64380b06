package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final Set<Fault> ALL = EnumSet.allOf(Fault.class);
  private static final int SEEDS = 300;

  @Test
  void a_seed_always_gives_the_same_plan_and_another_seed_another() {
    assertThat(Plan.of(5, 3, 1, 60, ALL)).isEqualTo(Plan.of(5, 3, 1, 60, ALL));
    assertThat(Plan.of(5, 3, 1, 60, ALL)).isNotEqualTo(Plan.of(6, 3, 1, 60, ALL));
  }

  @Test
  void two_faults_of_a_round_never_strike_the_same_node() {
    for (int seed = 0; seed < SEEDS; seed++) {
      int nodes = seed % 2 == 0 ? 3 : 5;
      for (Plan.Round round : Plan.of(seed, nodes, 3, 60, ALL).rounds()) {
        Set<Integer> struck = new HashSet<>();
        int leaders = 0;
        for (Blow blow : round.blows()) {
          blow.victims().forEach(victim -> assertThat(struck.add(victim)).isTrue());
          blow.victims().forEach(victim -> assertThat(victim).isBetween(1, nodes));
          assertThat(blow.leader()).isBetween(-1, 2);
          leaders += blow.leader() >= 0 ? 1 : 0;
        }
        assertThat(round.blows()).hasSizeBetween(1, 2);
        assertThat(leaders == 0 || round.blows().size() == 1).isTrue();
      }
    }
  }

  @Test
  void never_does_a_majority_lose_its_data_in_one_round_and_every_damage_comes_up() {
    Set<Damage> seen = new HashSet<>();
    int most = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      int nodes = seed % 2 == 0 ? 3 : 5;
      for (Plan.Round round : Plan.of(seed, nodes, 3, 60, ALL).rounds()) {
        int lost = round.blows().stream().mapToInt(Blow::dataLost).sum();
        assertThat(nodes - lost).as("%s", round).isGreaterThan(nodes / 2);
        most = Math.max(most, lost);
        round.blows().forEach(blow -> blow.damage().ifPresent(seen::add));
      }
    }
    assertThat(most).isEqualTo(2);
    assertThat(seen).hasSize(3 * Damage.Kind.values().length);
  }

  @Test
  void every_fault_that_was_asked_for_comes_up_before_one_comes_again() {
    Plan plan = Plan.of(1, 3, 1, 600, ALL);
    Set<Fault> seen = EnumSet.noneOf(Fault.class);
    for (Plan.Round round : plan.rounds().subList(0, ALL.size())) {
      round.blows().forEach(blow -> seen.add(blow.fault()));
    }
    assertThat(plan.rounds().size()).isGreaterThan(2 * ALL.size());
    assertThat(seen.size()).isGreaterThan(ALL.size() / 2);
    Set<Fault> far = EnumSet.noneOf(Fault.class);
    plan.rounds().forEach(round -> round.blows().forEach(blow -> far.add(blow.fault())));
    assertThat(far).isEqualTo(ALL);
  }

  @Test
  void every_third_pause_is_longer_than_harm_reaches() {
    long reach = Harms.BEFORE.plus(Harms.AFTER).toMillis();
    for (int seed = 0; seed < SEEDS; seed++) {
      List<Plan.Round> rounds = Plan.of(seed, 3, 1, 60, ALL).rounds();
      for (int i = 2; i < rounds.size(); i += 3) {
        assertThat((long) rounds.get(i).pauseMillis()).isGreaterThan(reach + 4_000);
      }
    }
  }

  @Test
  void a_blow_means_nodes_or_a_leader_or_followers_of_one() {
    assertThat(Blow.ofFollowers(Fault.KILL, 0, 2, 1_000))
        .hasToString("kill 2 followers of shard-0 at 0.0 s for 1.0 s");
    assertThat(Blow.ofNodes(Fault.WIPE, 1_000, 2)).hasToString("wipe n2 at 0.0 s for 1.0 s");
    assertThatThrownBy(
            () -> new Blow(Fault.KILL, List.of(1), Blow.NONE, 1, 0, 1_000, Optional.empty()))
        .hasMessageContaining("followers");
  }

  @Test
  void what_cannot_be_planned_is_refused() {
    assertThatThrownBy(() -> Plan.of(1, 2, 1, 60, ALL)).hasMessageContaining("at least 3 nodes");
    assertThatThrownBy(() -> Plan.of(1, 3, 1, 60, Set.of())).hasMessageContaining("1 fault");
    assertThatThrownBy(() -> Fault.parse("kill,thaw"))
        .hasMessageContaining("no fault \"thaw\"")
        .hasMessageContaining("freeze");
    assertThat(Fault.parse("kill, sink-busy"))
        .containsExactlyInAnyOrder(Fault.KILL, Fault.SINK_BUSY);
  }
}
