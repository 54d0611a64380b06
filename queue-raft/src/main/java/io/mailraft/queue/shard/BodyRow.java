package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.queue.MessageId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The value of a row of content: the chunk, then the CRC32C of its message's id, its number and
 * itself. So a chunk that was changed, cut, or that stands under another chunk's key is found
 * whenever it is read, whatever lies in between.
 */
final class BodyRow {
  private static final int CRC_BYTES = 4;

  private BodyRow() {}

  static byte[] of(MessageId id, int chunk, ByteString content) {
    byte[] row = new byte[content.size() + CRC_BYTES];
    content.copyTo(row, 0);
    ByteBuffer.wrap(row).putInt(content.size(), checksum(id, chunk, row));
    return row;
  }

  /** The chunk; empty where the row is not as it was written. */
  static Optional<byte[]> content(MessageId id, int chunk, byte[] row) {
    int length = row.length - CRC_BYTES;
    if (length < 0 || ByteBuffer.wrap(row).getInt(length) != checksum(id, chunk, row)) {
      return Optional.empty();
    }
    return Optional.of(Arrays.copyOf(row, length));
  }

  private static int checksum(MessageId id, int chunk, byte[] row) {
    CRC32C crc = new CRC32C();
    crc.update(Rows.body(id, chunk));
    crc.update(row, 0, row.length - CRC_BYTES);
    return (int) crc.getValue();
  }
}
