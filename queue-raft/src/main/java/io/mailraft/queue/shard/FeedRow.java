package io.mailraft.queue.shard;

import io.mailraft.queue.MessageId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The value of a row of the stream: the stamp of its entry, then the ids of the messages to which
 * something happened there. The place of an id is the ordinal of its event.
 */
final class FeedRow {
  private FeedRow() {}

  static byte[] of(long stampMillis, List<MessageId> ids) {
    ByteBuffer row = ByteBuffer.allocate(Long.BYTES + ids.size() * MessageId.BYTES);
    row.putLong(stampMillis);
    ids.forEach(id -> row.putLong(id.stem()).put((byte) id.shard()));
    return row.array();
  }

  static long stampMillis(byte[] row) {
    return ByteBuffer.wrap(row).getLong();
  }

  static int size(byte[] row) {
    return (row.length - Long.BYTES) / MessageId.BYTES;
  }

  static MessageId id(byte[] row, int ordinal) {
    ByteBuffer at = ByteBuffer.wrap(row, Long.BYTES + ordinal * MessageId.BYTES, MessageId.BYTES);
    return new MessageId(at.getLong(), at.get() & 0xff);
  }
}
