package io.mailraft.node;

import io.mailraft.config.ClusterSettings;
import io.mailraft.config.Throttles;
import io.mailraft.config.ZoneConfig;
import io.mailraft.delivery.Appetite;
import io.mailraft.delivery.ZonePlan;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every zone served by every node as a whole, from its own addresses and without throttles; and the
 * engine's appetite for each zone. Limits of single domains are not kept: claims beyond them come
 * and go back.
 */
final class WholeZones implements Appetite {
  private final Map<String, Integer> wanted = new TreeMap<>();

  /** The plans of such zones. */
  static Map<String, ZonePlan> plans(Map<String, ZoneConfig> zones) {
    Map<String, ZonePlan> plans = new TreeMap<>();
    zones.forEach(
        (name, zone) ->
            plans.put(
                name,
                new ZonePlan(
                    zone,
                    zone.connections(),
                    zone.pool().sources(),
                    Throttles.NONE,
                    (counter, limit) -> limit,
                    ClusterSettings.BLOCKLIST_PAUSE)));
    return plans;
  }

  @Override
  public synchronized void wants(String zone, int claims) {
    if (claims == 0) {
      wanted.remove(zone);
    } else {
      wanted.put(zone, claims);
    }
  }

  /** Claims that the engine wants, by zone. */
  synchronized Map<String, Integer> wanted() {
    return Map.copyOf(wanted);
  }

  @Override
  public void limits(String zone, String domain, int claims) {
    // The queue counts whole zones.
  }

  @Override
  public void frees(String zone, String domain) {
    // The queue counts whole zones.
  }
}
