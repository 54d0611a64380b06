package io.mailraft.ops.torture;

/** What a node has lost of its data, as far as its next start can tell. */
enum Loss {
  /** All of it: the start must be refused. */
  EMPTIED("had another data directory"),
  /** A part that every start reads: it must be refused. */
  CERTAIN("is damaged"),
  /**
   * A part that may not be read any more: the start is refused, or the node's replicas are right.
   */
  POSSIBLE("damaged");

  private final String told;

  Loss(String told) {
    this.told = told;
  }

  /** What the node must say of it, beside the remedy. */
  String told() {
    return told;
  }
}
