package io.mailraft.node.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which zones are labels. */
class ZoneLabelsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ZoneLabels zones = new ZoneLabels(registry);
  private final AcceptMeters accept = new AcceptMeters(registry, zones);

  private void accepted(String... into) {
    accept.accepted(
        Envelope.newBuilder().setListener("feeder").build(),
        List.of(into).stream().map(zone -> Recipient.newBuilder().setZone(zone).build()).toList(),
        10,
        Duration.ofMillis(1));
  }

  private double count(String zone) {
    return registry.get("mailraft.accepted.deliveries").tag("zone", zone).counter().count();
  }

  private Set<String> labels() {
    return registry.find("mailraft.accepted.deliveries").counters().stream()
        .map(counter -> String.valueOf(counter.getId().getTag("zone")))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void zones_of_the_document_are_labels_and_all_others_share_one() {
    zones.take(Set.of("default", "bulk"));
    accepted("default", "bulk", "bulk");
    for (int i = 0; i < 1000; i++) {
      accepted("made-up-" + i);
    }
    assertThat(labels()).containsExactly("bulk", "default", "other");
    assertThat(count("bulk")).isEqualTo(2);
    assertThat(count("other")).isEqualTo(1000);
  }

  @Test
  void the_series_of_a_removed_zone_go_and_begin_anew_when_it_returns() {
    zones.take(Set.of("default", "bulk"));
    accepted("bulk");
    zones.take(Set.of("default"));
    assertThat(labels()).containsExactly("default");
    accepted("bulk");
    assertThat(count("other")).isEqualTo(1);
    zones.take(Set.of("default", "bulk"));
    assertThat(count("bulk")).isZero();
    accepted("bulk");
    assertThat(count("bulk")).isEqualTo(1);
  }
}
