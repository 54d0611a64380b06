package io.mailraft.queue.shard;

import java.time.Duration;

/**
 * How long a shard remembers.
 *
 * @param rememberEnded time for which an ended message's id is known
 * @param uploadTimeout silence after which an unfinished upload is collected
 */
public record ShardSettings(Duration rememberEnded, Duration uploadTimeout) {}
