package io.mailraft.queue.control;

import java.util.Map;
import java.util.Optional;

/**
 * What the control group has agreed on, as one replica has applied it. Immutable.
 *
 * @param index log index that it stands at
 * @param nodes every node that ever joined, by name
 * @param document the cluster document
 */
public record ControlView(long index, Map<String, NodeEntry> nodes, ClusterDocument document) {

  /** The node of that name, where it has joined. */
  public Optional<NodeEntry> node(String name) {
    return Optional.ofNullable(nodes.get(name));
  }
}
