package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Does one kind of fault, and undoes it. */
interface Hand {
  /**
   * Strikes the nodes, which are alive; none where the fault strikes none.
   *
   * @param blow what the plan says of it
   * @throws Exception if it could not be done, which ends the run
   */
  void strike(Blow blow, List<NodeProcess> nodes) throws Exception;

  /**
   * Undoes it, whether or not a node ended by itself meanwhile; it need not be started again here:
   * recovery does that.
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

  /**
   * Exit codes with which a node may have ended between strike and heal, by this hand or over what
   * it did; none where it must still be alive.
   */
  default Set<Integer> ends() {
    return Set.of();
  }

  /**
   * Whether a node that it strikes may end by itself over its disk, also some time after the heal.
   */
  default boolean mayEnd() {
    return false;
  }
}
