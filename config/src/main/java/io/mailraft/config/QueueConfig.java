package io.mailraft.config;

import java.time.Duration;

/**
 * Limits of the replicated queue on one node.
 *
 * @param submitTimeout time for which a submission waits for a majority before it is refused for
 *     now
 * @param uploadTimeout silence after which the chunks of an unfinished upload are collected
 * @param rememberEnded time for which the id of an ended message is remembered
 * @param snapshotLogBytes bytes of log after which a group takes a snapshot
 * @param memoryBytes RocksDB cache and write buffers of all groups together, in bytes
 * @param minFreeBytes free disk space below which nothing is accepted
 * @param timeline how much is kept of messages that have ended
 */
public record QueueConfig(
    Duration submitTimeout,
    Duration uploadTimeout,
    Duration rememberEnded,
    long snapshotLogBytes,
    long memoryBytes,
    long minFreeBytes,
    TimelineConfig timeline) {}
