package io.mailraft.node.watch;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The zones that may be labels: those of the cluster document, and {@link #OTHER} for all else. The
 * series of a zone that is taken out of the document are removed.
 */
public final class ZoneLabels {
  /** Name of the label. */
  static final String ZONE = "zone";

  /** Label of what belongs to no zone of the document. */
  static final String OTHER = "other";

  private final MeterRegistry registry;
  private final List<Consumer<Set<String>>> listeners = new ArrayList<>();
  private volatile Set<String> known = Set.of();

  /** Labels of a registry's series; none but {@link #OTHER} until {@link #take}. */
  public ZoneLabels(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Registers who hears of the zones, after series of removed ones are gone. Before the first. */
  void onChange(Consumer<Set<String>> listener) {
    listeners.add(listener);
  }

  /** Takes over the zones of the document as they are. Called on one thread. */
  public void take(Set<String> zones) {
    if (zones.equals(known)) {
      return;
    }
    known = Set.copyOf(zones);
    for (Meter meter : registry.getMeters()) {
      String zone = meter.getId().getTag(ZONE);
      if (zone != null && !isLabel(zone)) {
        registry.remove(meter);
      }
    }
    listeners.forEach(listener -> listener.accept(known));
  }

  /** The label of a zone. */
  String of(String zone) {
    return known.contains(zone) ? zone : OTHER;
  }

  boolean isLabel(String zone) {
    return zone.equals(OTHER) || known.contains(zone);
  }

  Set<String> known() {
    return known;
  }
}
