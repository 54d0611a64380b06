package io.mailraft.queue.shard;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.FoldException;

/**
 * The value of a row of an ended message: its facts without what only delivering needs (keys to
 * sign with above all), or, where its timeline is gone, the time of its end alone.
 */
final class EndedRow {
  private EndedRow() {}

  static StoredMessage of(StoredMessage open, long stampMillis) {
    Envelope.Builder envelope = open.getEnvelope().toBuilder();
    envelope.clearBodyHash().clearEightBit().clearSmtpUtf8().clearOriginHost().clearDkim();
    return open.toBuilder().setEnvelope(envelope).clearChunks().setEndedMillis(stampMillis).build();
  }

  /** Whether nothing is left but the time of the end. */
  static boolean isBare(StoredMessage ended) {
    return !ended.hasEnvelope();
  }

  static StoredMessage parse(MessageId id, byte[] row) {
    try {
      return StoredMessage.parseFrom(row);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("the row of the ended message " + id + " cannot be read", e);
    }
  }
}
