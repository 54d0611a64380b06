package io.mailraft.delivery;

/**
 * Connections of one zone to one site from one source.
 *
 * @param source local address; of the node's own addresses the one that stands for all
 * @param connections open or being opened
 */
public record ConnectionUse(String zone, String site, String source, int connections) {}
