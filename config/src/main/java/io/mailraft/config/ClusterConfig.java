package io.mailraft.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The cluster that a node belongs to. The same on every node.
 *
 * @param name name of the cluster; nodes of different names do not talk to each other
 * @param shards number of queue shards, 1 to 256
 * @param peers Raft address of every node by its id, in the order of the file; includes this node
 * @param tls certificates for the Raft port; required where a peer's address is not loopback
 * @param electionTimeout shortest silence after which a follower stands for election; the longest
 *     is twice that
 * @param leaseTerm time for which a node may deliver without hearing from the control leader
 */
public record ClusterConfig(
    String name,
    int shards,
    Map<String, HostPort> peers,
    Optional<TlsFiles> tls,
    Duration electionTimeout,
    Duration leaseTerm) {

  public ClusterConfig {
    // A copy that keeps the order of the file, as Map.copyOf does not.
    peers = Collections.unmodifiableMap(new LinkedHashMap<>(peers));
  }
}
