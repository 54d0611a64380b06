package io.mailraft.queue.shard;

import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Others;

/**
 * Who holds a claim, and where the delivery goes.
 *
 * @param node node number
 * @param epoch the node's lease epoch
 * @param lane zone and domain of the delivery
 * @param index log index of the claim, which tells it from an earlier one of the same node under
 *     the same epoch; 0 while it is only proposed
 */
record ClaimOwner(int node, long epoch, Lane lane, long index) {

  /** Whether this is the claim that a record names; index 0 names any of the node's epoch. */
  boolean is(int ofNode, long ofEpoch, long ofIndex) {
    return node == ofNode && epoch == ofEpoch && (ofIndex == 0 || index == ofIndex);
  }

  /** The delivery as claimed by it. */
  DeliveryRef ref(DeliveryId delivery) {
    return ref(delivery, Others.NO_OTHERS);
  }

  /**
   * The same for its node.
   *
   * @param others nodes that may have it yet
   */
  DeliveryRef ref(DeliveryId delivery, Others others) {
    return DeliveryRef.newBuilder()
        .setId(delivery.message().toByteString())
        .setSeq(delivery.seq())
        .setZone(lane.zone())
        .setDomain(lane.domain())
        .setClaim(index)
        .setOthers(others)
        .build();
  }
}
