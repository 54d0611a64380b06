package io.mailraft.queue.shard;

import io.mailraft.api.log.Others;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Deliveries that a node has given back in their present attempt: since they are to leave from a
 * source that another node owns, or since none of its own sources may be used. Guarded by the lock
 * of its {@link Picker}.
 *
 * <p>They wait apart from their lanes' turns for that other node to have room, for two minutes at
 * most; then any node gets them. A claim says which {@link Others} may have the delivery: a
 * preference counts once in an attempt, and a node that cannot send it is not asked again while
 * there is one that was not. So it ends, at the last node, in an attempt or a deferral. A leader
 * that has just begun knows of none: whoever gets one may give it back again.
 *
 * <p><b>Cost.</b> Those that wait are in one row by time, of which the head alone is looked at, and
 * by node and lane; of the lanes that a node has no room for, few are looked at in one plan.
 */
final class Redirects {
  /** Beyond this, deliveries go to whoever has room, who does not give them back. */
  static final int MAX = 10_000;

  /** Attempts that are remembered: those that wait, and those that are claimed meanwhile. */
  private static final int ATTEMPTS_MAX = 5 * MAX;

  private static final int MISSES_MAX = 16;
  private static final long WAIT_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** What is known of the nodes. */
  interface Nodes {
    /** Whether a node may be handed claims. */
    boolean mayClaim(int node);

    /** Further claims of a lane that a node can use. */
    int room(int node, Lane lane);

    /** A node that serves the lane's zone and is none of these. */
    OptionalInt other(Lane lane, Set<Integer> but);
  }

  /**
   * A delivery that waits for a node.
   *
   * @param source the node's, which it is to leave from; empty where any will do
   */
  record Redirect(
      DeliveryId delivery, Lane lane, int node, Optional<String> source, long untilNanos) {}

  /** Why a delivery, which is about to be queued, was given back. */
  private record Wish(Optional<String> source, OptionalInt owner, boolean unfit) {}

  /** What is known of an attempt of which a claim was given back. */
  private static final class Attempt {
    /** Nodes that cannot send it, or had no room. */
    private final Set<Integer> unfit = new HashSet<>(2);

    private boolean last;
  }

  private final Nodes nodes;
  private final LongSupplier nanoClock;
  private final Map<DeliveryId, Wish> wishes = new HashMap<>();
  private final LinkedHashMap<DeliveryId, Attempt> attempts = new LinkedHashMap<>();

  /** In the order of their time. */
  private final LinkedHashMap<DeliveryId, Redirect> waiting = new LinkedHashMap<>();

  private final Map<Integer, LinkedHashMap<Lane, LinkedHashMap<DeliveryId, Redirect>>> byNode =
      new HashMap<>();
  private volatile boolean any;

  /**
   * @param nanoClock monotonic time, nanoseconds
   */
  Redirects(Nodes nodes, LongSupplier nanoClock) {
    this.nodes = nodes;
    this.nanoClock = nanoClock;
  }

  /** A delivery, about to be queued, is to be claimed by the owner of its source. */
  void announce(DeliveryId delivery, String source, OptionalInt owner) {
    wishes.put(delivery, new Wish(Optional.of(source), owner, false));
  }

  /** A delivery, about to be queued, is to be claimed by any other node. */
  void announceUnfit(DeliveryId delivery) {
    wishes.put(delivery, new Wish(Optional.empty(), OptionalInt.empty(), true));
  }

  /** A claim is over. Unless it was given back for another node, so is the attempt. */
  void unclaimed(DeliveryId delivery, int node) {
    Wish wish = wishes.get(delivery);
    if (wish == null) {
      attempts.remove(delivery);
      return;
    }
    Attempt attempt = attempts.computeIfAbsent(delivery, key -> new Attempt());
    if (wish.unfit()) {
      attempt.unfit.add(node);
    }
    if (attempts.size() > ATTEMPTS_MAX) {
      attempts.pollFirstEntry();
    }
  }

  /**
   * A delivery is queued.
   *
   * @return whether it waits here
   */
  boolean queued(Lane lane, DeliveryId delivery) {
    Wish wish = wishes.remove(delivery);
    // Where it waits already, it does so in a lane that it has left.
    remove(delivery);
    Attempt attempt = attempts.get(delivery);
    if (wish == null || attempt == null) {
      return false;
    }
    if (waiting.size() >= MAX) {
      attempt.last = true;
      return false;
    }
    OptionalInt node = wish.unfit() ? nodes.other(lane, attempt.unfit) : wish.owner();
    if (node.isEmpty() || !nodes.mayClaim(node.getAsInt())) {
      return false;
    }
    Redirect redirect =
        new Redirect(
            delivery, lane, node.getAsInt(), wish.source(), nanoClock.getAsLong() + WAIT_NANOS);
    waiting.put(delivery, redirect);
    byNode
        .computeIfAbsent(redirect.node(), key -> new LinkedHashMap<>())
        .computeIfAbsent(lane, key -> new LinkedHashMap<>())
        .put(delivery, redirect);
    any = true;
    return true;
  }

  /** Which other nodes may have a delivery that a node has claimed. */
  Others others(DeliveryId delivery, Lane lane, int node) {
    Attempt attempt = attempts.get(delivery);
    if (attempt == null) {
      return Others.ALL_OTHERS;
    }
    if (attempt.last) {
      return Others.NO_OTHERS;
    }
    Set<Integer> but = new HashSet<>(attempt.unfit);
    but.add(node);
    return nodes.other(lane, but).isPresent() ? Others.OTHERS_LEFT : Others.NO_OTHERS;
  }

  boolean contains(DeliveryId delivery) {
    return waiting.containsKey(delivery);
  }

  /** How a delivery waits here; empty where it does not. */
  Optional<Redirected> find(DeliveryId delivery) {
    Redirect redirect = waiting.get(delivery);
    if (redirect == null) {
      return Optional.empty();
    }
    Attempt attempt = attempts.get(delivery);
    long left = redirect.untilNanos() - nanoClock.getAsLong();
    return Optional.of(
        new Redirected(
            redirect.node(),
            redirect.source(),
            attempt == null ? Collections.emptySortedSet() : new TreeSet<>(attempt.unfit),
            Duration.ofNanos(WAIT_NANOS - left),
            Duration.ofNanos(left)));
  }

  /** It waits no longer, whatever became of it. */
  void remove(DeliveryId delivery) {
    Redirect redirect = waiting.remove(delivery);
    if (redirect != null) {
      LinkedHashMap<Lane, LinkedHashMap<DeliveryId, Redirect>> lanes = byNode.get(redirect.node());
      if (lanes != null) {
        LinkedHashMap<DeliveryId, Redirect> some = lanes.get(redirect.lane());
        if (some != null && some.remove(delivery) != null && some.isEmpty()) {
          lanes.remove(redirect.lane());
        }
        if (lanes.isEmpty()) {
          byNode.remove(redirect.node());
        }
      }
      any = !waiting.isEmpty();
    }
  }

  /** Whether any waits. Read by any thread. */
  boolean any() {
    return any;
  }

  /** A node may have room for a lane: those of it that wait are looked at first. */
  void first(int node, Lane lane) {
    LinkedHashMap<Lane, LinkedHashMap<DeliveryId, Redirect>> lanes = byNode.get(node);
    LinkedHashMap<DeliveryId, Redirect> some = lanes == null ? null : lanes.get(lane);
    if (lanes != null && some != null) {
      lanes.putFirst(lane, some);
    }
  }

  /** Takes those whose node has room for them, as long as the taker takes more. */
  void take(Predicate<Redirect> claim) {
    boolean more = true;
    for (int node : List.copyOf(byNode.keySet())) {
      more = more && take(node, claim);
    }
  }

  private boolean take(int node, Predicate<Redirect> claim) {
    int misses = 0;
    for (LinkedHashMap<Lane, LinkedHashMap<DeliveryId, Redirect>> lanes = byNode.get(node);
        lanes != null && misses < Math.min(MISSES_MAX, lanes.size());
        lanes = byNode.get(node)) {
      Map.Entry<Lane, LinkedHashMap<DeliveryId, Redirect>> first =
          lanes.entrySet().iterator().next();
      Lane lane = first.getKey();
      LinkedHashMap<DeliveryId, Redirect> some = first.getValue();
      if (nodes.room(node, lane) <= 0) {
        misses++;
        lanes.putLast(lane, some);
      } else {
        misses = 0;
        Redirect redirect = some.values().iterator().next();
        remove(redirect.delivery());
        // Lanes take turns.
        if (!some.isEmpty()) {
          lanes.putLast(lane, some);
        }
        if (!claim.test(redirect)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Takes those that have waited for long enough, or whose node cannot have them. */
  Collection<Redirect> give() {
    long now = nanoClock.getAsLong();
    List<Redirect> given = new ArrayList<>(0);
    for (Redirect eldest : waiting.values()) {
      if (now - eldest.untilNanos() < 0) {
        break;
      }
      given.add(eldest);
    }
    given.forEach(one -> remove(one.delivery()));
    for (int node : List.copyOf(byNode.keySet())) {
      if (!nodes.mayClaim(node)) {
        LinkedHashMap<Lane, LinkedHashMap<DeliveryId, Redirect>> lanes = byNode.remove(node);
        if (lanes != null) {
          lanes.values().forEach(some -> given.addAll(some.values()));
        }
      }
    }
    for (Redirect one : given) {
      remove(one.delivery());
      Attempt attempt = attempts.get(one.delivery());
      if (attempt != null) {
        attempt.unfit.add(one.node());
      }
    }
    return given;
  }

  void clear() {
    wishes.clear();
    attempts.clear();
    waiting.clear();
    byNode.clear();
    any = false;
  }
}
