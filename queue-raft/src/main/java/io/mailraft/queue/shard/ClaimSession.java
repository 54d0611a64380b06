package io.mailraft.queue.shard;

import io.mailraft.api.log.ClaimDeliveries;

/**
 * Where a shard's leader hands out claims to one node. A session is used until its node attaches
 * again or the leader goes.
 */
public interface ClaimSession {

  /**
   * Hands over claims that are committed. Called on the apply thread: must not block.
   *
   * @param index log index at which they were claimed; the node's replica has their rows from there
   *     on
   */
  void handOut(ClaimDeliveries claims, long index);

  /**
   * The leader does not lead any more. Called once; not after the session was closed. Must not
   * block.
   */
  void lost();
}
