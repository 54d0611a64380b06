package io.mailraft.queue;

/**
 * The checksum of one replica's whole state.
 *
 * @param group name of the group
 * @param node node id
 * @param index log index that it was taken at
 * @param digest SHA-256 in hex; empty where there is an error
 * @param rows number of rows in the state
 * @param error why there is no checksum; empty where there is one
 */
public record ReplicaChecksum(
    String group, String node, long index, String digest, long rows, String error) {}
