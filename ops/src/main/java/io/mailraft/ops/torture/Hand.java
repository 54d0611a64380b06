package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.util.List;
import java.util.Optional;

/** Does one kind of fault, and undoes it. */
interface Hand {
  /**
   * Strikes the nodes, none where the fault strikes none.
   *
   * @param blow what the plan says of it
   * @throws Exception if it could not be done, which ends the run
   */
  void strike(Blow blow, List<NodeProcess> nodes) throws Exception;

  /**
   * Undoes it. A node that ended need not be started again here: recovery does that.
   *
   * @throws Exception if it could not be undone, which ends the run
   */
  void heal(List<NodeProcess> nodes) throws Exception;

  /**
   * What a node that was struck has lost of its data; empty for nothing. Such a node is for
   * recovery to mend.
   */
  default Optional<Loss> loss(NodeProcess node) {
    return Optional.empty();
  }

  /** Whether a node that it strikes may end by itself. */
  default boolean mayEnd() {
    return false;
  }
}
