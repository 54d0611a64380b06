package io.mailraft.queue.shard;

/**
 * What a shard's leader hears of each applied entry, in order, on the apply thread, before the next
 * entry is applied.
 */
interface ShardEvents {

  /** A delivery is queued: accepted, returned, released or resumed. */
  void queued(Lane lane, DeliveryId delivery);

  /** A delivery, which is about to be queued, is to leave from that source. */
  void redirected(DeliveryId delivery, String source);

  /** A delivery, which is about to be queued, is for another node: the last one cannot send it. */
  void unfit(DeliveryId delivery);

  /** A delivery is claimed. */
  void claimed(DeliveryId delivery, ClaimOwner owner);

  /** A claim is over: its outcome is in, or it went back. */
  void unclaimed(DeliveryId delivery, ClaimOwner owner);

  /** A fence was set. */
  void fenced(int node, long epoch, boolean live);

  /** The events of one entry have all been told. */
  void settled();
}
