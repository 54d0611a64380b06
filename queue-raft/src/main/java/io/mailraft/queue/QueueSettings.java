package io.mailraft.queue;

import io.mailraft.api.log.NodeAddresses;
import io.mailraft.config.ClusterConfig;
import io.mailraft.config.NodeConfig;
import io.mailraft.config.QueueConfig;

/**
 * What a node's queue is started with.
 *
 * @param node this node's own facts
 * @param cluster the cluster, the same on every node
 * @param queue limits
 * @param addresses what this node tells the others of itself
 * @param documentSeed text of the cluster document, where the cluster has none yet
 */
public record QueueSettings(
    NodeConfig node,
    ClusterConfig cluster,
    QueueConfig queue,
    NodeAddresses addresses,
    String documentSeed) {}
