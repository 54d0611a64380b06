package io.mailraft.config;

import java.time.Duration;

/**
 * How much is kept of messages that have ended.
 *
 * @param keep time for which a message's timeline is kept after its end
 * @param maxBytes bytes of timelines on one node above which the oldest ended ones go earlier
 */
public record TimelineConfig(Duration keep, long maxBytes) {}
