package io.mailraft.queue.shard;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The lanes that have queued deliveries, zone by zone, in the order of their turns. Guarded by the
 * lock of its {@link Picker}, but for {@link #any}.
 *
 * <p>A lane that every node has limited waits apart from the others, and one that no node has any
 * use for is parked, without a turn, until that may have changed. So lanes that cannot go on are
 * neither in the way of the others nor looked at again and again.
 */
final class Turns {

  /** The turns of one zone. */
  static final class Zone {
    /** Lanes that some node takes as many claims of as its zone has room for. */
    final ArrayDeque<Lane> open = new ArrayDeque<>();

    /** Lanes that all nodes have limited. */
    final ArrayDeque<Lane> limited = new ArrayDeque<>();

    boolean isEmpty() {
      return open.isEmpty() && limited.isEmpty();
    }
  }

  private final Map<String, Zone> zones = new LinkedHashMap<>();
  private final Set<Lane> inTurn = new HashSet<>();
  private final Set<Lane> parked = new HashSet<>();
  private final Predicate<Lane> isLimited;

  /** Whether any lane has a turn: without one there is nothing to plan, and no thread to wake. */
  private volatile boolean any;

  /**
   * @param isLimited whether all nodes that may claim have limited a lane
   */
  Turns(Predicate<Lane> isLimited) {
    this.isLimited = isLimited;
  }

  /** Gives a lane a turn, if it has none. */
  void enter(Lane lane) {
    if (inTurn.add(lane)) {
      parked.remove(lane);
      any = true;
      Zone zone = zones.computeIfAbsent(lane.zone(), name -> new Zone());
      (isLimited.test(lane) ? zone.limited : zone.open).add(lane);
    }
  }

  /** The lane, which was taken out of its zone's turns, has nothing queued any more. */
  void leave(Lane lane) {
    inTurn.remove(lane);
    any = !inTurn.isEmpty();
  }

  /** The lane, which was taken out of its zone's turns, has work that no node has a use for. */
  void park(Lane lane) {
    leave(lane);
    parked.add(lane);
  }

  /** A node may have a use for the lane. */
  void unpark(Lane lane) {
    if (!parked.isEmpty() && parked.remove(lane)) {
      enter(lane);
    }
  }

  /** Nodes came or went, or changed what they want. */
  void unparkAll() {
    if (!parked.isEmpty()) {
      List.copyOf(parked).forEach(this::unpark);
    }
  }

  /** Whether the lane has work that waits for a node, or its zone has lanes that wait. */
  boolean waits(Lane lane) {
    Zone zone = zones.get(lane.zone());
    return (zone != null && !zone.isEmpty()) || parked.contains(lane);
  }

  Map<String, Zone> zones() {
    return zones;
  }

  /** Read by any thread. */
  boolean any() {
    return any;
  }
}
