package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.torture.plant.Plant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A round of torture on real processes, and two bugs that it must catch. Repeat a seed with {@code
 * -Dmailraft.seed=N}; longer with {@code -Dmailraft.torture.seconds=S}.
 */
@Order(1) // The longest: at the end there would be nothing left to run beside it.
class TortureTest {
  private static final int RATE = 40;

  /** With it the plants' one fault is over after four seconds. */
  private static final long PLANTS_SEED = 142;

  private static Result run(long seed, int seconds, Set<Fault> faults, Optional<Plant> plant)
      throws Exception {
    Options options = Options.ofSeed(seed, 3, 1, seconds, faults, RATE);
    Result result = Run.perform(plant.map(options::withPlant).orElse(options), System.err::println);
    result.lines().forEach(System.err::println);
    return result;
  }

  @Test
  void i1_i2_i3_i6_i8_nothing_is_lost_doubled_or_altered_whatever_is_done_to_the_nodes()
      throws Exception {
    Set<Fault> faults = EnumSet.noneOf(Fault.class);
    for (Fault fault : Fault.values()) {
      if (Ground.unavailable(fault).isEmpty()) {
        faults.add(fault);
      }
    }
    Result result =
        run(
            Long.getLong("mailraft.seed", 99),
            Integer.getInteger("mailraft.torture.seconds", 60),
            faults,
            Optional.empty());
    assertThat(result.findings()).isEmpty();
    assertThat(result.tally().acceptedMessages()).isPositive();
  }

  @Test
  @Tag("long")
  void i1_i2_emptied_and_damaged_nodes_are_found_and_mended() throws Exception {
    Result result =
        run(
            Long.getLong("mailraft.seed", 4),
            Integer.getInteger("mailraft.torture.seconds", 30),
            Set.of(Fault.WIPE, Fault.CORRUPT),
            Optional.empty());
    assertThat(result.findings()).isEmpty();
    assertThat(result.tally().acceptedMessages()).isPositive();
  }

  @Test
  void a_changed_byte_is_caught() throws Exception {
    assertThat(
            run(PLANTS_SEED, 4, Set.of(Fault.SINK_BUSY), Optional.of(Plant.CORRUPT_BODY))
                .caughtBy(Check.ALTERED))
        .isTrue();
  }

  @Test
  void i8_replicas_that_differ_are_caught() throws Exception {
    assertThat(
            run(PLANTS_SEED, 4, Set.of(Fault.SINK_BUSY), Optional.of(Plant.CLOCK_IN_APPLY))
                .caughtBy(Check.EQUAL))
        .isTrue();
  }
}
