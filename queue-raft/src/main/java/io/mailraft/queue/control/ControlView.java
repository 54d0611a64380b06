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
 * @param turn whose turn it is where there is not enough of a limit for everybody; it grows with
 *     the time that the log tells
 */
public record ControlView(
    long index,
    Map<String, NodeEntry> nodes,
    ClusterDocument document,
    Map<String, Suspension> suspensions,
    long turn) {

  /** What was agreed on where no zone is suspended. */
  public ControlView(long index, Map<String, NodeEntry> nodes, ClusterDocument document) {
    this(index, nodes, document, Map.of(), 0);
  }

  /** Whether nothing but the turn is another one. */
  boolean differsByTurn(ControlView other) {
    return turn != other.turn
        && nodes.equals(other.nodes)
        && document.equals(other.document)
        && suspensions.equals(other.suspensions);
  }

  /** The node of that name, where it has joined. */
  public Optional<NodeEntry> node(String name) {
    return Optional.ofNullable(nodes.get(name));
  }
}
