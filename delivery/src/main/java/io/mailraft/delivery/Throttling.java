package io.mailraft.delivery;

import java.util.List;

/**
 * The cluster's rates, as far as they bind this node. Counters have the names that {@link
 * io.mailraft.config.Throttle#counter} and {@link io.mailraft.config.Throttle#zoneCounter} make;
 * only those with a rate are named here.
 *
 * <p>All methods may be called from any thread, under a lock too: none blocks, and none calls back
 * before it has returned.
 */
public interface Throttling {

  /** No rates at all. */
  Throttling NONE =
      new Throttling() {
        @Override
        public int take(List<String> counters, int most) {
          return most;
        }

        @Override
        public void await(List<String> counters, int sends, Runnable room) {
          throw new IllegalStateException("nothing is throttled");
        }

        @Override
        public boolean ready(List<String> counters) {
          return true;
        }

        @Override
        public boolean spent(String warmUpCounter) {
          return false;
        }
      };

  /**
   * Takes the right to start sends now, under every one of the counters. What is taken is to be
   * started at once; it cannot be kept.
   *
   * @param most 1 at least
   * @return 0 to most
   */
  int take(List<String> counters, int most);

  /**
   * Whether {@link #take} would give something now. No connection is opened for sends that are not
   * there.
   */
  boolean ready(List<String> counters);

  /**
   * Asks for more, after {@link #take} gave less than was needed, or nothing was ready.
   *
   * @param sends how many wait in all, 1 at least; asked anew when it changes much
   * @param room called once, on a thread of its own, when it is worth while to try again; an
   *     earlier one for the same counters is replaced
   */
  void await(List<String> counters, int sends, Runnable room);

  /**
   * Whether a warm-up's day has no sends left, as far as this node has found.
   *
   * @param warmUpCounter as {@link io.mailraft.config.Throttle#warmUpCounter} names it
   */
  boolean spent(String warmUpCounter);
}
