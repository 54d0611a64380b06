package io.mailraft.queue.shard;

/**
 * How many open deliveries stand in which state. Exact at a log position.
 *
 * @param queued waiting for a claim
 * @param claimed in a node's hands
 * @param deferred waiting for their next attempt
 * @param held waiting for an order
 */
public record Depth(long queued, long claimed, long deferred, long held) {
  /** Nothing at all. */
  public static final Depth ZERO = new Depth(0, 0, 0, 0);

  /** The sum of both, state by state. */
  public Depth plus(Depth other) {
    return new Depth(
        queued + other.queued,
        claimed + other.claimed,
        deferred + other.deferred,
        held + other.held);
  }
}
