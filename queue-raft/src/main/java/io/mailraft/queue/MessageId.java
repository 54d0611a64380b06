package io.mailraft.queue;

import com.google.protobuf.ByteString;
import java.util.HexFormat;

/**
 * The name of a message: 18 hex digits, 11 of milliseconds, 3 of counter, 2 of node, 2 of shard
 * (DESIGN §4).
 *
 * @param stem the first 16 digits, an unsigned number that grows with time
 * @param shard the last 2 digits, 0 to 255
 */
public record MessageId(long stem, int shard) implements Comparable<MessageId> {

  /** Length of the binary form, in bytes. */
  public static final int BYTES = 9;

  public MessageId {
    if (shard < 0 || shard > 255) {
      throw new IllegalArgumentException("shard " + shard + " is not in 0 to 255");
    }
  }

  /**
   * Reads the 18 hex digits.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static MessageId parse(String text) {
    if (text.length() != 18) {
      throw new IllegalArgumentException("'" + text + "' is not a message id: 18 hex digits");
    }
    try {
      return new MessageId(
          HexFormat.fromHexDigitsToLong(text, 0, 16), HexFormat.fromHexDigits(text, 16, 18));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a message id: 18 hex digits", e);
    }
  }

  /**
   * Reads the binary form.
   *
   * @throws IllegalArgumentException if it is not 9 bytes long
   */
  public static MessageId of(ByteString bytes) {
    if (bytes.size() != BYTES) {
      throw new IllegalArgumentException("a message id has 9 bytes, not " + bytes.size());
    }
    long stem = 0;
    for (int i = 0; i < 8; i++) {
      stem = stem << 8 | (bytes.byteAt(i) & 0xff);
    }
    return new MessageId(stem, bytes.byteAt(8) & 0xff);
  }

  /** The binary form: 9 bytes, big endian, which sorts as the text does. */
  public ByteString toByteString() {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (stem >>> (56 - 8 * i));
    }
    bytes[8] = (byte) shard;
    return ByteString.copyFrom(bytes);
  }

  /** Unix time that the id carries, in milliseconds. */
  public long millis() {
    return stem >>> 20;
  }

  @Override
  public int compareTo(MessageId other) {
    int byStem = Long.compareUnsigned(stem, other.stem);
    return byStem != 0 ? byStem : Integer.compare(shard, other.shard);
  }

  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(stem) + HexFormat.of().toHexDigits((byte) shard);
  }
}
