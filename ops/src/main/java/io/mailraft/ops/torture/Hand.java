package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.util.List;

/** Does one kind of fault, and undoes it. */
interface Hand {
  /**
   * Strikes the nodes, none where the fault strikes none.
   *
   * @throws Exception if it could not be done, which ends the run
   */
  void strike(List<NodeProcess> nodes) throws Exception;

  /**
   * Undoes it. A node that ended need not be started again here: recovery does that.
   *
   * @throws Exception if it could not be undone, which ends the run
   */
  void heal(List<NodeProcess> nodes) throws Exception;

  /** Whether a node that it strikes may end by itself. */
  default boolean mayEnd() {
    return false;
  }
}
