package io.mailraft.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The cluster document, read.
 *
 * @param zones by name, in the order of the document; always holds {@code default}
 * @param throttles limits by receiver
 * @param quotas limits by account and sender domain
 * @param blocklistPause for how long a source that a site has blocklisted is not used for it
 */
public record ClusterSettings(
    Map<String, ZoneConfig> zones, Throttles throttles, Quotas quotas, Duration blocklistPause) {
  /** How long a blocklisted source rests where the document does not say. */
  public static final Duration BLOCKLIST_PAUSE = Duration.ofHours(6);

  public ClusterSettings {
    // A copy that keeps the order of the document, as Map.copyOf does not.
    zones = Collections.unmodifiableMap(new LinkedHashMap<>(zones));
  }

  /** Settings without quotas. */
  public ClusterSettings(
      Map<String, ZoneConfig> zones, Throttles throttles, Duration blocklistPause) {
    this(zones, throttles, Quotas.NONE, blocklistPause);
  }
}
