package io.mailraft.queue.raft;

/**
 * A group to be hosted.
 *
 * @param name its name in logs, API and directories: {@code control} or {@code shard-N}
 * @param fold its state machine, used by this group alone
 */
public record GroupSpec(String name, Fold fold) {}
