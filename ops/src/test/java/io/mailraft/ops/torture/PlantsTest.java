package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.torture.plant.Plant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every plant is caught by the check that is meant for it, and without one nothing is found. Some
 * alone with {@code -Dmailraft.plants=NAME,NAME}.
 */
@Tag("long")
class PlantsTest {
  private static final long SEED = 7;

  private static Result run(Options options) throws Exception {
    for (Fault fault : options.faults()) {
      Optional<String> reason = Ground.unavailable(fault);
      assumeTrue(reason.isEmpty(), () -> fault.word() + ": " + reason.orElse(""));
    }
    Result result = Run.perform(options, System.err::println);
    result.lines().forEach(System.err::println);
    return result;
  }

  @ParameterizedTest
  @EnumSource
  void it_is_caught(Plant plant) throws Exception {
    String wanted = System.getProperty("mailraft.plants", Plant.words());
    assumeTrue(List.of(wanted.split("[, ]+", -1)).contains(plant.word()), () -> "not in " + wanted);
    Provocation provocation = Provocation.of(plant);
    Result result = run(Options.ofPlan(SEED, provocation.plan()).withPlant(plant));
    assertThat(result.caughtBy(provocation.check())).isTrue();
    assertThat(result.caughtBy(Check.PLANTED)).isFalse();
  }

  @Test
  void without_a_plant_what_brings_them_to_light_finds_nothing() throws Exception {
    Set<Plan.Round> rounds = new LinkedHashSet<>();
    for (Plant plant : Plant.values()) {
      rounds.addAll(Provocation.of(plant).plan().rounds());
    }
    List<Plan.Round> all = new ArrayList<>(rounds);
    assertThat(run(Options.ofPlan(SEED, new Plan(all))).findings()).isEmpty();
  }
}
