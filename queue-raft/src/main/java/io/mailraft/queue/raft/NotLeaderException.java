package io.mailraft.queue.raft;

import java.util.Optional;

/**
 * A proposal to a node that does not lead the group, or stopped leading before the proposal was
 * applied.
 */
public final class NotLeaderException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<String> leader;

  public NotLeaderException(String group, Optional<String> leader) {
    super("not the leader of " + group + leader.map(name -> "; " + name + " is").orElse(""));
    this.leader = leader;
  }

  /** Node id of the leader, where known. */
  public Optional<String> leader() {
    return leader;
  }
}
