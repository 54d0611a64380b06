package io.mailraft.queue.store;

import java.nio.ByteBuffer;

/**
 * A place in a group's log.
 *
 * @param term Raft term of the entry
 * @param index Raft index of the entry; -1 before the first
 * @param stampMillis the group's time there: the greatest leader's stamp so far, Unix milliseconds
 */
public record Position(long term, long index, long stampMillis) {
  /** Before the first entry. */
  public static final Position START = new Position(0, -1, 0);

  private static final int BYTES = 3 * Long.BYTES;

  /**
   * That of {@link #toBytes}.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Position of(byte[] value) {
    if (value.length != BYTES) {
      throw new IllegalArgumentException("an applied position of " + value.length + " bytes");
    }
    ByteBuffer bytes = ByteBuffer.wrap(value);
    return new Position(bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /** As it stands in a database. */
  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(term).putLong(index).putLong(stampMillis).array();
  }
}
