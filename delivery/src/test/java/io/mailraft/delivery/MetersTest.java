package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Labels of delivery's metrics. */
class MetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Meters meters = new Meters(registry);

  private void delivered(String zone) {
    MessageFacts facts = new MessageFacts("", 5, false, false, "", "", "", "", "", "", 0);
    meters.ended(
        new Outcome.Delivered(
            Claims.fresh("id", 1, 1, zone, "d.example", "r@d.example", facts, 0, Optional.empty()),
            "250 2.0.0 ok",
            "192.0.2.1",
            "mx.d.example",
            Optional.empty()),
        Duration.ofMillis(3));
  }

  private double delivered(String zone, double none) {
    var counter =
        registry
            .find("mailraft.delivery.outcomes")
            .tags("zone", zone, "outcome", "delivered")
            .counter();
    return counter == null ? none : counter.count();
  }

  @Test
  void a_zone_that_is_gone_has_no_series_and_what_still_ends_of_it_counts_as_other() {
    meters.keep(Set.of("a", "b"));
    delivered("a");
    delivered("b");
    meters.keep(Set.of("a"));
    assertThat(registry.getMeters())
        .noneMatch(meter -> Objects.equals(meter.getId().getTag("zone"), "b"));
    delivered("b");
    assertThat(delivered("a", -1)).isEqualTo(1);
    assertThat(delivered("b", -1)).isEqualTo(-1);
    assertThat(delivered(Meters.OTHER, -1)).isEqualTo(1);
    assertThat(registry.get("mailraft.delivery.attempt").tag("zone", "a").timer().count())
        .isEqualTo(1);
  }
}
