package io.mailraft.queue.shard;

import io.mailraft.api.link.DomainLimit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a shard's leader knows of one node: its session, what it wants, and what it holds. Guarded
 * by the lock of its {@link Picker}.
 *
 * <p>Claims and proposed claims are counted for each lane, under whatever epoch. Those of lanes
 * that the node has limited do not count in what it wants of their zone: mail that cannot go out
 * just now must not keep out what can.
 */
final class Holder {
  Optional<ClaimSession> session = Optional.empty();
  long ticket;
  long epoch;

  private Map<String, Integer> wanted = Map.of();
  private final Map<Lane, Integer> limits = new HashMap<>();
  private final Map<Lane, Integer> held = new HashMap<>();

  /** By zone, without the limited lanes. */
  private final Map<String, Integer> free = new HashMap<>();

  /** Says whether it wants any of a zone of which it wanted none. */
  boolean wanted(Map<String, Integer> next) {
    Map<String, Integer> before = wanted;
    wanted = Map.copyOf(next);
    return next.keySet().stream()
        .anyMatch(zone -> wants(zone) && before.getOrDefault(zone, 0) <= 0);
  }

  /** Whether it wants any claims of a zone: it may not serve it. */
  boolean wants(String zone) {
    return wanted.getOrDefault(zone, 0) > 0;
  }

  /** Changes limits. */
  void limit(List<DomainLimit> changes) {
    for (DomainLimit change : changes) {
      Lane lane = new Lane(change.getZone(), change.getDomain());
      if (change.getFree()) {
        if (limits.remove(lane) != null) {
          free.merge(lane.zone(), held(lane), Integer::sum);
        }
      } else if (limits.put(lane, change.getClaims()) == null) {
        free.merge(lane.zone(), -held(lane), Integer::sum);
      }
    }
  }

  void unlimit() {
    limits.keySet().forEach(lane -> free.merge(lane.zone(), held(lane), Integer::sum));
    limits.clear();
  }

  boolean limits(Lane lane) {
    return !limits.isEmpty() && limits.containsKey(lane);
  }

  boolean limitsNothing() {
    return limits.isEmpty();
  }

  /** Further claims that the node can use of lanes that it has not limited. */
  int room(String zone) {
    return wanted.getOrDefault(zone, 0) - free.getOrDefault(zone, 0);
  }

  /** Further claims of the lane that the node can use. */
  int room(Lane lane) {
    Integer limit = limits.isEmpty() ? null : limits.get(lane);
    if (limit == null) {
      return room(lane.zone());
    }
    // Limits may come from before the zone went to others, or was suspended.
    return wants(lane.zone()) ? limit - held(lane) : 0;
  }

  /** Claims of a lane came or went. */
  void hold(Lane lane, int change) {
    int now = held.merge(lane, change, Integer::sum);
    if (now == 0) {
      held.remove(lane);
    }
    if (!limits(lane)) {
      free.merge(lane.zone(), change, Integer::sum);
    }
  }

  private int held(Lane lane) {
    return held.getOrDefault(lane, 0);
  }
}
