package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.View;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The idempotency keys of a shard: which message was stored under each of them, and for which
 * request.
 *
 * <p>The row of a key is written in the batch that makes its message visible, from the same record.
 * So whatever dies, and at whatever line: either both are there, and each repeat learns of the
 * message, or neither is, and the next repeat stores it. Which of two requests that are on their
 * way at the same time was first is told by their order in the log, and the other one is answered
 * after it, since it is applied after it. All repeats meet here because a key names its shard.
 */
final class Keys {
  private Keys() {}

  /**
   * What is known of a key.
   *
   * @param stem stem of the id of the message that was stored under it
   * @param fingerprint of the request that brought that message
   */
  record Known(long stem, ByteString fingerprint) {}

  static Optional<Known> find(IdempotencyKey key, View view) {
    return view.get(Rows.KEY, key.getHash().toByteArray())
        .map(
            row ->
                new Known(
                    ByteBuffer.wrap(row).getLong(),
                    ByteString.copyFrom(row, Long.BYTES, row.length - Long.BYTES)));
  }

  static void remember(IdempotencyKey key, MessageId id, long stampMillis, Batch batch) {
    ByteString fingerprint = key.getFingerprint();
    ByteBuffer row = ByteBuffer.allocate(Long.BYTES + fingerprint.size()).putLong(id.stem());
    fingerprint.copyTo(row);
    batch.put(Rows.KEY, key.getHash().toByteArray(), row.array());
    batch.put(Rows.KEY_AGE, Rows.keyAge(stampMillis, key.getHash()), Rows.NONE);
  }

  /** Forgets keys whose message was stored before a time, the oldest first; says how many. */
  static int forget(long beforeMillis, int limit, Batch batch) {
    List<byte[]> old = new ArrayList<>();
    batch.scan(
        Rows.KEY_AGE,
        Rows.FIRST,
        Rows.millis(beforeMillis),
        (age, value) -> {
          old.add(age);
          batch.delete(Rows.KEY_AGE, age);
          batch.delete(Rows.KEY, Rows.lastKey(age));
          return old.size() < limit;
        });
    return old.size();
  }
}
