package io.mailraft.queue.shard;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The nodes that a shard's leader hands claims to, and which of them may have one. Guarded by the
 * lock of its {@link Picker}.
 */
final class Holders implements Redirects.Nodes {
  private final int self;
  private final Map<Integer, Holder> holders = new HashMap<>();
  private final Map<Integer, ShardFold.Fence> fences = new HashMap<>();

  /**
   * @param self number of this node: it goes first among equals, since it has the rows already
   */
  Holders(int self) {
    this.self = self;
  }

  /** What is known of a node. */
  Holder of(int node) {
    return holders.computeIfAbsent(node, n -> new Holder());
  }

  /** All of them, by number. */
  Map<Integer, Holder> all() {
    return holders;
  }

  /** What is known of the nodes' leases. */
  Map<Integer, ShardFold.Fence> fences() {
    return fences;
  }

  /** Forgets the nodes; their open sessions. */
  Collection<ClaimSession> clear() {
    List<ClaimSession> open = new ArrayList<>();
    holders.values().forEach(holder -> holder.session.ifPresent(open::add));
    holders.clear();
    return open;
  }

  @Override
  public boolean mayClaim(int node) {
    return mayClaim(node, of(node));
  }

  private boolean mayClaim(int node, Holder holder) {
    ShardFold.Fence fence = fences.get(node);
    return holder.session.isPresent()
        && fence != null
        && fence.live()
        && fence.epoch() == holder.epoch;
  }

  @Override
  public int room(int node, Lane lane) {
    return of(node).room(lane);
  }

  /** The node that can use the most of a lane, one at least. */
  Optional<Map.Entry<Integer, Holder>> roomiest(Lane lane) {
    return holders.entrySet().stream()
        .filter(entry -> mayClaim(entry.getKey(), entry.getValue()))
        .filter(entry -> entry.getValue().room(lane) > 0)
        .max(
            Comparator.<Map.Entry<Integer, Holder>>comparingInt(
                    entry -> entry.getValue().room(lane))
                .thenComparing(entry -> entry.getKey() == self));
  }

  @Override
  public OptionalInt other(Lane lane, Set<Integer> but) {
    return holders.entrySet().stream()
        .filter(entry -> !but.contains(entry.getKey()))
        .filter(entry -> entry.getValue().wants(lane.zone()))
        .filter(entry -> mayClaim(entry.getKey(), entry.getValue()))
        .max(Comparator.comparingInt(entry -> entry.getValue().room(lane)))
        .map(entry -> OptionalInt.of(entry.getKey()))
        .orElse(OptionalInt.empty());
  }

  /** Whether all nodes that take claims of its zone have limited the lane, and there is one. */
  boolean isLimited(Lane lane) {
    boolean any = false;
    for (Map.Entry<Integer, Holder> entry : holders.entrySet()) {
      if (entry.getValue().wants(lane.zone()) && mayClaim(entry.getKey(), entry.getValue())) {
        if (!entry.getValue().limits(lane)) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  /** Whether no node has limited any lane. */
  boolean limitNothing() {
    return holders.values().stream().allMatch(Holder::limitsNothing);
  }
}
