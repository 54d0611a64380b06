package io.mailraft.queue;

import java.util.Optional;

/**
 * How this node sees a Raft group.
 *
 * @param name {@code control} or {@code shard-N}
 * @param leader node id of the leader, where known
 * @param term Raft term
 * @param appliedIndex last index applied here
 * @param committedIndex last index known here to be committed
 */
public record GroupState(
    String name, Optional<String> leader, long term, long appliedIndex, long committedIndex) {}
