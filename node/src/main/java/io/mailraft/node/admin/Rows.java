package io.mailraft.node.admin;

import io.mailraft.queue.ListedDelivery;

/** Deliveries as the admin API words them. */
final class Rows {
  private Rows() {}

  /** The word for a delivery's state. */
  static String state(ListedDelivery row) {
    return switch (row.delivery().getState()) {
      case QUEUED -> row.claimed() ? "claimed" : "queued";
      case DELIVERY_DEFERRED -> "deferred";
      case HELD -> "held";
      case END_DELIVERED -> "delivered";
      case END_BOUNCED -> "bounced";
      case END_EXPIRED -> "expired";
      case END_CANCELLED -> "cancelled";
      case DELIVERY_STATE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
    };
  }
}
