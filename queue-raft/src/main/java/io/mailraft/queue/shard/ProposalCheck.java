package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.RequestKey;

/**
 * The form that a record must have before it may enter the log. What is in the log is applied by
 * every replica, and a record that cannot be applied would stop them all.
 */
final class ProposalCheck {
  /** Most deliveries that one order names. */
  private static final int ORDERED_MAX = 10_000;

  /** Longest reason of an order, in characters. */
  private static final int REASON_MAX = 1_000;

  private ProposalCheck() {}

  /**
   * Checks a record that a front door or a delivering node hands in.
   *
   * @throws IllegalArgumentException if it must not enter the log; the message says why
   */
  static void check(Record record) {
    switch (record.getKindCase()) {
      case STORE_MESSAGE -> message(record.getStoreMessage());
      case STORE_CHUNK -> id(record.getStoreChunk().getId());
      case DROP_UPLOADS -> record.getDropUploads().getIdsList().forEach(ProposalCheck::id);
      case OUTCOMES -> record.getOutcomes().getOutcomesList().forEach(ProposalCheck::outcome);
      case ORDER -> order(record.getOrder());
      case CLAIM,
          RETURN_CLAIMS,
          RELEASE,
          FENCE,
          FORGET_KEYS,
          REROUTE,
          TRIM_HISTORY,
          JOIN_NODE,
          RENEW,
          LAPSE,
          SET_DOCUMENT,
          GIVE_SENDS,
          GIVE_QUOTA,
          SUSPEND_ZONE,
          RESUME_ZONE,
          CHECKSUM,
          KIND_NOT_SET ->
          throw new IllegalArgumentException(
              "a node may not propose " + record.getKindCase() + " to a shard");
    }
  }

  private static void message(StoreMessage message) {
    id(message.getId());
    IdempotencyKey key = message.getIdempotency();
    if (message.hasIdempotency()
        && (key.getHash().size() != RequestKey.BYTES
            || key.getFingerprint().size() != RequestKey.BYTES)) {
      throw new IllegalArgumentException("an idempotency key that is no pair of SHA-256 hashes");
    }
  }

  private static void outcome(Outcome outcome) {
    id(outcome.getId());
    if (outcome.getKind() == OutcomeKind.OUTCOME_KIND_UNSPECIFIED
        || outcome.getKind() == OutcomeKind.UNRECOGNIZED) {
      throw new IllegalArgumentException("an outcome of unknown kind " + outcome.getKindValue());
    }
    if (outcome.getDelayMillis() < 0) {
      throw new IllegalArgumentException("an outcome that waits for ever");
    }
  }

  private static void order(OrderDeliveries order) {
    if (order.getKind() == OrderKind.ORDER_KIND_UNSPECIFIED
        || order.getKind() == OrderKind.UNRECOGNIZED) {
      throw new IllegalArgumentException("an order of unknown kind " + order.getKindValue());
    }
    if (order.getDeliveriesCount() > ORDERED_MAX) {
      throw new IllegalArgumentException(
          "an order for " + order.getDeliveriesCount() + " deliveries");
    }
    if (order.getReason().length() > REASON_MAX) {
      throw new IllegalArgumentException(
          "an order with a reason of " + order.getReason().length() + " characters");
    }
    for (DeliveryRef ref : order.getDeliveriesList()) {
      id(ref.getId());
      if (ref.getSeq() < 1) {
        throw new IllegalArgumentException("an order for delivery " + ref.getSeq());
      }
    }
  }

  private static void id(ByteString id) {
    if (id.size() != MessageId.BYTES) {
      throw new IllegalArgumentException("a message id of " + id.size() + " bytes");
    }
  }
}
