package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.api.stored.StoredUpload;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.View;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * The messages of a shard: uploads on their way in, open ones, and the ids of ended ones.
 *
 * <p>A message is visible once its one record is applied, and that record is refused unless every
 * chunk is there (I3). An id that was stored is known until a while after its end, so that a
 * repeated submission changes nothing.
 */
final class Messages {
  /** Most recipients of one message, whatever the listeners allow. */
  static final int RECIPIENTS_MAX = 1_000_000;

  /** Most chunks of one message: 64 GiB of full ones. */
  static final int CHUNKS_MAX = 65_536;

  private final int shard;
  private final Deliveries deliveries;
  private final Timelines timelines;

  Messages(int shard, Deliveries deliveries, Timelines timelines) {
    this.shard = shard;
    this.deliveries = deliveries;
    this.timelines = timelines;
  }

  /** Stores a message; the text says why it was refused. */
  Optional<String> store(StoreMessage record, long stampMillis, Batch batch) {
    MessageId id = MessageId.of(record.getId());
    if (isKnown(id, batch)) {
      return Optional.empty();
    }
    Optional<String> wrong = check(id, record);
    if (wrong.isPresent()) {
      return wrong;
    }
    int chunks = record.getChunks();
    byte[] uploadKey = Rows.message(id);
    Optional<StoredUpload> upload = upload(id, batch);
    if (chunks == 0) {
      chunks = 1;
      if (upload.isPresent()) {
        return Optional.of("message " + id + " is whole, yet chunks of it are stored");
      }
      batch.put(Rows.BODY, Rows.body(id, 0), BodyRow.of(id, 0, record.getBody()));
    } else {
      BitSet stored = upload.map(Messages::chunksOf).orElseGet(BitSet::new);
      if (stored.cardinality() != chunks || stored.length() != chunks) {
        // Too few were collected, since for long none came in: the sender may begin anew. What the
        // text says is no part of the state, so older replicas may say it otherwise.
        return Optional.of(
            (stored.cardinality() < chunks ? Shard.CHUNKS_GONE + ": message " : "message ")
                + id
                + " has "
                + chunks
                + " chunks, "
                + stored.cardinality()
                + " are stored");
      }
      batch.delete(Rows.UPLOAD, uploadKey);
    }
    // Against the entry's stamp, which is the same on every replica, and never a clock.
    long waitsUntil =
        record.getEnvelope().getSendAtMillis() > stampMillis
            ? record.getEnvelope().getSendAtMillis()
            : 0;
    List<StoredDelivery> rows =
        record.getRecipientsList().stream().map(recipient -> row(recipient, waitsUntil)).toList();
    StoredMessage message =
        StoredMessage.newBuilder()
            .setEnvelope(record.getEnvelope())
            .setChunks(chunks)
            .setBodyBytes(record.getBodyBytes())
            .setRecipients(rows.size())
            .build();
    StoredMessage placed = timelines.accepted(id, message, rows, batch);
    batch.put(Rows.MESSAGE, uploadKey, placed.toByteArray());
    if (rows.size() > 1) {
      batch.put(Rows.OPEN, uploadKey, Rows.number(rows.size()));
    }
    for (int i = 0; i < rows.size(); i++) {
      DeliveryId delivery = new DeliveryId(id, i + 1);
      if (rows.get(i).getState() == DeliveryState.DELIVERY_DEFERRED) {
        deliveries.createDeferred(delivery, rows.get(i), batch);
      } else {
        deliveries.create(delivery, rows.get(i), batch);
      }
    }
    return Optional.empty();
  }

  /**
   * A new delivery.
   *
   * @param waitsUntil when its first attempt is due; 0: at once
   */
  private static StoredDelivery row(Recipient recipient, long waitsUntil) {
    return StoredDelivery.newBuilder()
        .setAddress(recipient.getAddress())
        .setZone(recipient.getZone())
        .setDomain(recipient.getDomain())
        .setState(waitsUntil == 0 ? DeliveryState.QUEUED : DeliveryState.DELIVERY_DEFERRED)
        .setNextMillis(waitsUntil)
        .build();
  }

  private Optional<String> check(MessageId id, StoreMessage record) {
    int recipients = record.getRecipientsCount();
    if (id.shard() != shard) {
      return Optional.of("message " + id + " belongs to shard " + id.shard() + ", not " + shard);
    }
    if (recipients == 0 || recipients > RECIPIENTS_MAX) {
      return Optional.of("message " + id + " has " + recipients + " recipients");
    }
    if (record.getChunks() < 0 || record.getChunks() > CHUNKS_MAX) {
      return Optional.of("message " + id + " has too many chunks");
    }
    for (int i = 0; i < recipients; i++) {
      Recipient recipient = record.getRecipients(i);
      if (recipient.getSeq() != i + 1) {
        return Optional.of("recipients of message " + id + " are not numbered from 1");
      }
      if (recipient.getZone().indexOf('\0') >= 0 || recipient.getDomain().indexOf('\0') >= 0) {
        return Optional.of("a zone or domain of message " + id + " holds NUL");
      }
    }
    return Optional.empty();
  }

  /** Stores a chunk of an upload; the text says why it was refused. */
  Optional<String> storeChunk(StoreChunk record, long stampMillis, Batch batch) {
    MessageId id = MessageId.of(record.getId());
    if (isKnown(id, batch)) {
      return Optional.empty();
    }
    int number = record.getNumber();
    if (number < 0 || number >= CHUNKS_MAX) {
      return Optional.of("message " + id + " has too many chunks");
    }
    BitSet stored = upload(id, batch).map(Messages::chunksOf).orElseGet(BitSet::new);
    if (stored.get(number)) {
      return Optional.empty();
    }
    stored.set(number);
    batch.put(Rows.BODY, Rows.body(id, number), BodyRow.of(id, number, record.getBody()));
    batch.put(
        Rows.UPLOAD,
        Rows.message(id),
        StoredUpload.newBuilder()
            .setChunks(ByteString.copyFrom(stored.toByteArray()))
            .setLastMillis(stampMillis)
            .build()
            .toByteArray());
    return Optional.empty();
  }

  /** Removes what an upload has stored; true where there was something. */
  boolean dropUpload(MessageId id, Batch batch) {
    Optional<StoredUpload> upload = upload(id, batch);
    if (upload.isEmpty()) {
      return false;
    }
    chunksOf(upload.get()).stream()
        .forEach(number -> batch.delete(Rows.BODY, Rows.body(id, number)));
    batch.delete(Rows.UPLOAD, Rows.message(id));
    return true;
  }

  /** Counts an ended delivery; the last one ends its message. */
  void deliveryEnded(MessageId id, long stampMillis, Batch batch) {
    StoredMessage message =
        find(id, batch).orElseThrow(() -> new FoldException("there is no row of message " + id));
    byte[] key = Rows.message(id);
    if (message.getRecipients() > 1) {
      byte[] row =
          batch
              .get(Rows.OPEN, key)
              .orElseThrow(() -> new FoldException("message " + id + " has no open deliveries"));
      int open = Rows.number(row) - 1;
      if (open > 0) {
        batch.put(Rows.OPEN, key, Rows.number(open));
        return;
      }
      batch.delete(Rows.OPEN, key);
    }
    batch.delete(Rows.MESSAGE, key);
    for (int chunk = 0; chunk < message.getChunks(); chunk++) {
      batch.delete(Rows.BODY, Rows.body(id, chunk));
    }
    timelines.messageEnded(id, message, stampMillis, batch);
  }

  private static boolean isKnown(MessageId id, View view) {
    byte[] key = Rows.message(id);
    return view.get(Rows.MESSAGE, key).isPresent() || view.get(Rows.ENDED, key).isPresent();
  }

  static Optional<StoredMessage> find(MessageId id, View view) {
    return view.get(Rows.MESSAGE, Rows.message(id))
        .map(
            bytes -> {
              try {
                return StoredMessage.parseFrom(bytes);
              } catch (InvalidProtocolBufferException e) {
                throw new FoldException("the row of message " + id + " cannot be read", e);
              }
            });
  }

  private static Optional<StoredUpload> upload(MessageId id, View view) {
    return view.get(Rows.UPLOAD, Rows.message(id)).map(bytes -> parseUpload(id, bytes));
  }

  static StoredUpload parseUpload(MessageId id, byte[] bytes) {
    try {
      return StoredUpload.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("the row of upload " + id + " cannot be read", e);
    }
  }

  private static BitSet chunksOf(StoredUpload upload) {
    return BitSet.valueOf(ByteBuffer.wrap(upload.getChunks().toByteArray()));
  }
}
