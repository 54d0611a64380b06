package io.mailraft.queue.shard;

import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Queued deliveries that a node has given back since they are to leave from a source that another
 * node owns. Guarded by the lock of its {@link Picker}.
 *
 * <p>They wait apart from their lanes' turns for the owner to have room, for two minutes at most;
 * then any node gets them. A leader that has just begun knows of none: whoever gets one gives it
 * back again.
 */
final class Redirects {
  /** Beyond this, deliveries go to whoever has room. */
  static final int MAX = 10_000;

  private static final long WAIT_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** Deliveries about to be queued, with the node that owns their source. */
  private final Map<DeliveryId, Integer> announced = new HashMap<>();

  private final LinkedHashMap<DeliveryId, Redirect> waiting = new LinkedHashMap<>();
  private final LongSupplier nanoClock;
  private volatile boolean any;

  /** A delivery that waits for a node. */
  record Redirect(DeliveryId delivery, Lane lane, int node, long untilNanos) {}

  /**
   * @param nanoClock monotonic time, nanoseconds
   */
  Redirects(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** A delivery that is about to be queued is to be claimed by that node. */
  void announce(DeliveryId delivery, OptionalInt owner) {
    if (owner.isPresent() && waiting.size() + announced.size() < MAX) {
      announced.put(delivery, owner.getAsInt());
    }
  }

  /**
   * A delivery is queued.
   *
   * @return whether it waits here
   */
  boolean queued(Lane lane, DeliveryId delivery) {
    Integer node = announced.remove(delivery);
    // Where it waits already, it does so in a lane that it has left.
    remove(delivery);
    if (node != null) {
      waiting.put(delivery, new Redirect(delivery, lane, node, nanoClock.getAsLong() + WAIT_NANOS));
      any = true;
    }
    return node != null;
  }

  boolean contains(DeliveryId delivery) {
    return waiting.containsKey(delivery);
  }

  /** It waits no longer, whatever became of it. */
  void remove(DeliveryId delivery) {
    waiting.remove(delivery);
    any = !waiting.isEmpty();
  }

  /** Whether any waits. Read by any thread. */
  boolean any() {
    return any;
  }

  /** Takes those whose node has room for them. */
  void take(BiPredicate<Integer, Lane> room, Predicate<Redirect> claim) {
    Iterator<Redirect> all = waiting.values().iterator();
    boolean more = true;
    while (more && all.hasNext()) {
      Redirect redirect = all.next();
      if (room.test(redirect.node(), redirect.lane())) {
        all.remove();
        more = claim.test(redirect);
      }
    }
    any = !waiting.isEmpty();
  }

  /** Takes those that have waited for long enough, or whose node cannot have them. */
  Collection<Redirect> give(Predicate<Integer> mayClaim) {
    long now = nanoClock.getAsLong();
    List<Redirect> given =
        waiting.values().stream()
            .filter(one -> now - one.untilNanos() >= 0 || !mayClaim.test(one.node()))
            .toList();
    given.forEach(one -> waiting.remove(one.delivery()));
    any = !waiting.isEmpty();
    return given;
  }

  void clear() {
    announced.clear();
    waiting.clear();
  }
}
