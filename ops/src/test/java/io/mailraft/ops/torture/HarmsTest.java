package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HarmsTest {
  private static final List<String> NODES = List.of("n1", "n2");
  private final Harms harms = new Harms();
  private final long now = System.nanoTime();

  private long at(int seconds) {
    return now + Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void i6_harm_reaches_back_as_far_as_an_outcome_may_take_and_less_where_the_node_is_gone() {
    harms.begin(Set.of("n1"), false, false);
    harms.begin(Set.of("n2"), false, true);
    assertThat(harms.covers("n1", at(-4))).isTrue();
    assertThat(harms.covers("n1", at(-6))).isFalse();
    assertThat(harms.covers("n2", at(-1))).isTrue();
    assertThat(harms.covers("n2", at(-3))).isFalse();
  }

  @Test
  void harm_of_the_path_is_that_of_all_nodes_and_harm_of_nobody_is_none() {
    harms.begin(Set.of(), false, false);
    assertThat(harms.covers("n1", now)).isFalse();
    harms.begin(Set.of("n2"), true, false);
    assertThat(harms.covers("n1", now)).isTrue();
  }

  @Test
  void the_share_is_the_mean_of_all_nodes_and_counts_no_time_twice() {
    // With what harm reaches back and on: 5 to 20 for n1, and 15 to 29 for both.
    harms.seen(Set.of("n1"), false, at(10), at(16));
    harms.seen(Set.of(), true, at(20), at(25));
    assertThat(harms.share(NODES, now, at(40))).isEqualTo((24 + 14) / 80.0, within(1e-9));
    assertThat(harms.share(NODES, at(30), at(40))).isZero();
    harms.begin(Set.of("n1", "n2"), false, false);
    assertThat(harms.share(NODES, at(0), at(40))).isEqualTo(1);
  }

  @Test
  void what_only_slows_or_misleads_excuses_nothing_by_itself() {
    for (Fault fault : Fault.values()) {
      boolean slows =
          Set.of(Fault.SINK_BUSY, Fault.SINK_SLOW, Fault.DISK_SLOW, Fault.DELAY, Fault.CLOCK)
              .contains(fault);
      assertThat(fault.parts()).as(fault.word()).isNotEqualTo(slows);
    }
  }
}
