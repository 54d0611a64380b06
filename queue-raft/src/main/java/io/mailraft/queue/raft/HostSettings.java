package io.mailraft.queue.raft;

import io.mailraft.config.HostPort;
import io.mailraft.config.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@link RaftHost} is made of.
 *
 * @param node id of this node, a key of {@code peers}
 * @param peers Raft address of every node by its id
 * @param cluster name of the cluster; groups of clusters of different names never mix
 * @param directory where logs, snapshots and databases lie; one process at a time
 * @param electionTimeout shortest silence after which a follower stands for election
 * @param tls files for mutual TLS on the Raft port; empty leaves the port unprotected
 * @param snapshotLogBytes bytes of log after which a group takes a snapshot and drops the log
 *     before it
 * @param memoryBytes cache and write buffers of all databases together
 * @param clock the wall clock whose readings become the stamps of entries
 */
public record HostSettings(
    String node,
    Map<String, HostPort> peers,
    String cluster,
    Path directory,
    Duration electionTimeout,
    Optional<TlsFiles> tls,
    long snapshotLogBytes,
    long memoryBytes,
    InstantSource clock) {

  /** Checks what can be checked without the network. */
  public HostSettings {
    peers = Map.copyOf(peers);
    if (!peers.containsKey(node)) {
      throw new IllegalArgumentException(
          "this node, " + node + ", is not among the peers " + peers.keySet());
    }
    if (electionTimeout.toMillis() < 50) {
      throw new IllegalArgumentException(
          "an election timeout of " + electionTimeout + " is too short: 50 ms at least");
    }
    if (snapshotLogBytes < 1) {
      throw new IllegalArgumentException("snapshotLogBytes must be positive");
    }
  }

  HostPort address() {
    HostPort address = peers.get(node);
    if (address == null) {
      throw new IllegalStateException("no address for " + node);
    }
    return address;
  }
}
