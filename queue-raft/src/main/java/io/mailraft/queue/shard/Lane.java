package io.mailraft.queue.shard;

/**
 * The queued deliveries of one zone to one recipient domain, in the order of their age.
 *
 * @param zone sending zone
 * @param domain recipient domain
 */
public record Lane(String zone, String domain) {}
