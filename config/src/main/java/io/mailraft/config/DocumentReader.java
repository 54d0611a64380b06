package io.mailraft.config;

import java.time.Duration;

/** Reads the keys of the cluster document, wherever they stand. */
final class DocumentReader {
  private static final Duration PAUSE_MIN = Duration.ofSeconds(1);
  private static final Duration PAUSE_MAX = Duration.ofDays(30);

  private DocumentReader() {}

  static ClusterSettings read(Section root) {
    return new ClusterSettings(
        ZoneReader.zones(root.section("zones")),
        ThrottleReader.throttles(root.section("throttles")),
        QuotaReader.quotas(root.section("quotas")),
        root.duration("blocklistPause", ClusterSettings.BLOCKLIST_PAUSE, PAUSE_MIN, PAUSE_MAX));
  }
}
