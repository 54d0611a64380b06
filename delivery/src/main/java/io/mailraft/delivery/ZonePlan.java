package io.mailraft.delivery;

import io.mailraft.config.PoolSource;
import io.mailraft.config.Throttle;
import io.mailraft.config.Throttles;
import io.mailraft.config.ZoneConfig;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * What this node may do in a zone.
 *
 * @param config the zone
 * @param connections this node's part of the zone's connections; 0 where it serves it not at all
 * @param sources the addresses of the zone's pool that this node owns; empty where the zone has no
 *     pool, so that the node's own addresses are used
 * @param elsewhere the addresses of the zone's pool that other live nodes own
 * @param throttles limits by receiver; connection limits are for the whole cluster
 * @param shares of a connection limit of the cluster, this node's part
 * @param blocklistPause for how long a source that a site has blocklisted is not used for it
 */
public record ZonePlan(
    ZoneConfig config,
    int connections,
    List<PoolSource> sources,
    List<PoolSource> elsewhere,
    Throttles throttles,
    Shares shares,
    Duration blocklistPause) {

  public ZonePlan {
    sources = List.copyOf(sources);
    elsewhere = List.copyOf(elsewhere);
  }

  /** A plan of which no other node has a part. */
  public ZonePlan(
      ZoneConfig config,
      int connections,
      List<PoolSource> sources,
      Throttles throttles,
      Shares shares,
      Duration blocklistPause) {
    this(config, connections, sources, List.of(), throttles, shares, blocklistPause);
  }

  /** This node's part of a connection limit; empty where the document has none of that name. */
  OptionalInt part(String counter) {
    return throttles
        .entry(Throttle.entryOf(counter))
        .map(Throttle::connections)
        .filter(OptionalInt::isPresent)
        .map(limit -> OptionalInt.of(shares.of(counter, limit.getAsInt())))
        .orElse(OptionalInt.empty());
  }

  /** Parts of limits. */
  @FunctionalInterface
  public interface Shares {
    /**
     * This node's part of a connection limit.
     *
     * @param counter name of the counter, as for {@link Throttling}
     * @param limit the limit of the whole cluster
     * @return 0 to limit
     */
    int of(String counter, int limit);
  }
}
