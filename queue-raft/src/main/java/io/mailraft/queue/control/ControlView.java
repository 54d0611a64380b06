package io.mailraft.queue.control;

import java.util.Map;
import java.util.Optional;

/**
 * What the control group has agreed on, as one replica has applied it. Immutable.
 *
 * @param index log index that it stands at
 * @param nodes every node that ever joined, by name
 * @param document the cluster document
 * @param suspensions zones that are suspended, by name
 */
public record ControlView(
    long index,
    Map<String, NodeEntry> nodes,
    ClusterDocument document,
    Map<String, Suspension> suspensions) {

  /** What was agreed on where no zone is suspended. */
  public ControlView(long index, Map<String, NodeEntry> nodes, ClusterDocument document) {
    this(index, nodes, document, Map.of());
  }

  /** The node of that name, where it has joined. */
  public Optional<NodeEntry> node(String name) {
    return Optional.ofNullable(nodes.get(name));
  }
}
