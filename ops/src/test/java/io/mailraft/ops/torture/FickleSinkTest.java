package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FickleSinkTest {
  @Test
  void memory_of_connections_and_attempts_is_bounded_and_keeps_what_was_used_last() {
    Map<Integer, Integer> recent = FickleSink.recent(3);
    for (int key = 1; key <= 3; key++) {
      recent.merge(key, 1, Integer::sum);
    }
    recent.merge(1, 1, Integer::sum);
    recent.merge(4, 1, Integer::sum);
    assertThat(recent).containsExactlyInAnyOrderEntriesOf(Map.of(1, 2, 3, 1, 4, 1));
  }

  @Test
  void an_attempt_is_counted_only_where_the_fate_depends_on_it() {
    int[] counted = {0};
    int taken = 0;
    for (int number = 0; number < 1000; number++) {
      String id = "7-" + number;
      Fate.recipient(id, "r@d.example", () -> ++counted[0]);
      Fate.dot(id, () -> ++counted[0]);
      taken++;
    }
    assertThat(counted[0]).isBetween(1, taken / 3);
  }
}
