package io.mailraft.queue.shard;

import java.time.Duration;

/**
 * How long a shard remembers.
 *
 * @param rememberEnded time for which an ended message's id is known
 * @param uploadTimeout silence after which an unfinished upload is collected
 * @param keepTimeline time for which an ended message's timeline is kept
 * @param timelineBytesMax bytes of timelines above which the oldest ended ones go earlier
 */
public record ShardSettings(
    Duration rememberEnded, Duration uploadTimeout, Duration keepTimeline, long timelineBytesMax) {}
