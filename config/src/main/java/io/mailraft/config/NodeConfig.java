package io.mailraft.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * One node's own facts.
 *
 * @param id name of the node, a key of {@code cluster.peers}; 1 to 63 of {@code a-z 0-9 -}
 * @param dataDir directory of the queue, made where missing
 * @param addresses local addresses that the node may send from
 */
public record NodeConfig(String id, Path dataDir, List<InetAddress> addresses) {

  public NodeConfig {
    addresses = List.copyOf(addresses);
  }
}
