package io.mailraft.queue.shard;

import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.Others;
import java.util.HashMap;
import java.util.Map;

/**
 * The claims of the entry that is being told, until it is told whole. Guarded by the lock of its
 * {@link Picker}.
 */
final class Outgoing {
  private final Map<Integer, ClaimDeliveries.Builder> claims = new HashMap<>();
  private long index;

  void add(DeliveryId delivery, ClaimOwner owner, Others others) {
    claims
        .computeIfAbsent(
            owner.node(),
            node -> ClaimDeliveries.newBuilder().setNode(node).setEpoch(owner.epoch()))
        .addDeliveries(owner.ref(delivery, others));
    index = owner.index();
  }

  /** Hands the claims to their nodes, so far as these are attached under the same epoch. */
  void handOut(Map<Integer, Holder> holders) {
    claims.forEach(
        (node, some) -> {
          Holder holder = holders.get(node);
          if (holder != null && holder.epoch == some.getEpoch()) {
            holder.session.ifPresent(session -> session.handOut(some.build(), index));
          }
        });
    claims.clear();
  }
}
