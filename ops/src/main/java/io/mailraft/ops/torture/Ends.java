package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.NodeProcess;
import java.util.Optional;
import java.util.Set;

/** How processes may end, and which of them ended otherwise. */
final class Ends {
  /** Exit code after an orderly stop. */
  static final int IN_ORDER = 0;

  /** Exit code where a disk cannot be used. */
  static final int DISK = 74;

  /** Exit code after SIGKILL. */
  static final int KILLED = 128 + 9;

  private Ends() {}

  /**
   * A finding where the node has ended, and not in one of these ways.
   *
   * @param right exit codes that have a reason; none where it must not have ended
   */
  static Optional<Finding> unlike(NodeProcess node, Set<Integer> right) {
    if (node.isAlive() || right.contains(node.exitCode())) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            Check.ENDED,
            "%s ended by itself, with %d%s; see %s"
                .formatted(
                    node.id(),
                    node.exitCode(),
                    right.isEmpty()
                        ? ""
                        : ", where "
                            + String.join(
                                " or ", right.stream().sorted().map(String::valueOf).toList())
                            + " would be right",
                    node.errorLog())));
  }
}
