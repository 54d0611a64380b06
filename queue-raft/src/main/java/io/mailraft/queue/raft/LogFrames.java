package io.mailraft.queue.raft;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The entries in the bytes of one segment of Ratis' log: {@code RaftLog1}, then for each entry its
 * length as a varint, a {@code LogEntryProto}, and the CRC32C of both; zeros up to the file's end.
 */
final class LogFrames {
  static final int HEADER_BYTES = 8;
  private static final byte[] HEADER = {'R', 'a', 'f', 't', 'L', 'o', 'g', '1'};
  private static final int CRC_BYTES = 4;
  private static final int VARINT_BYTES_MAX = 5;

  /** Smallest part of the disk that a write reaches whole or not at all. */
  private static final int SECTOR_BYTES = 512;

  /** Tags of the first two fields of a {@code LogEntryProto}: its term and its index. */
  private static final int TERM_TAG = 1 << 3;

  private static final int INDEX_TAG = 2 << 3;

  private final byte[] bytes;
  private final int entryBytesMax;
  private int at = HEADER_BYTES;

  /**
   * @param bytes the whole file
   * @param entryBytesMax longest entry that is believed
   */
  LogFrames(byte[] bytes, int entryBytesMax) {
    this.bytes = bytes;
    this.entryBytesMax = entryBytesMax;
  }

  /** What stands at a place of the file. */
  sealed interface Frame {
    /** A whole entry. */
    record Whole(long index, int next) implements Frame {}

    /** Zeros or nothing, to the file's end. */
    record End() implements Frame {}

    /**
     * Something that its last write did not bring to disk whole: sectors of it are missing, if the
     * length that is read is right.
     *
     * @param end where it would end; its begin where there is no length
     */
    record Torn(int end) implements Frame {}

    /** The file ends before the entry does, if the length that is read is right. */
    record Cut() implements Frame {}

    /** Something that was on disk whole once, and is not what was written. */
    record Damaged() implements Frame {}
  }

  /** Whether the file begins as a segment does. One that was just made may hold zeros alone. */
  boolean hasHeader() {
    return startsAs(HEADER.length);
  }

  /** Whether the header was not written to its end, and nothing behind it. */
  boolean hasTornHeader() {
    int written = 0;
    while (written < bytes.length && written < HEADER_BYTES && bytes[written] == HEADER[written]) {
      written++;
    }
    return isZero(written, bytes.length);
  }

  private boolean startsAs(int length) {
    for (int i = 0; i < length; i++) {
      if (i >= bytes.length || bytes[i] != HEADER[i]) {
        return false;
      }
    }
    return true;
  }

  /** Offset of the frame that {@link #next} looks at. */
  int offset() {
    return at;
  }

  /** The next frame; moves on only past a whole one. */
  Frame next() {
    Frame frame = frame(at);
    if (frame instanceof Frame.Whole whole) {
      at = whole.next();
    }
    return frame;
  }

  /**
   * Whether a whole entry with one of these indexes begins behind the begin of the present frame
   * and before an offset: then the present frame's length is not right.
   */
  boolean goesOn(long fromIndex, long toIndex, int before) {
    for (int from = at + 1; from < Math.min(before, bytes.length - CRC_BYTES); from++) {
      // Cheap first: an entry begins with the tag of its term, or of its index in term 0.
      if (looksLikeEntry(from)
          && frame(from) instanceof Frame.Whole whole
          && whole.index() >= fromIndex
          && whole.index() <= toIndex) {
        return true;
      }
    }
    return false;
  }

  private boolean looksLikeEntry(int from) {
    for (int length = 1; length <= VARINT_BYTES_MAX && from + length < bytes.length; length++) {
      if (bytes[from + length - 1] >= 0) {
        return bytes[from] != 0
            && (bytes[from + length] == TERM_TAG || bytes[from + length] == INDEX_TAG);
      }
    }
    return false;
  }

  private Frame frame(int from) {
    if (isZero(from, bytes.length)) {
      return new Frame.End();
    }
    if (isZero(from, Math.min(bytes.length, sectorEnd(from)))) {
      return new Frame.Torn(from);
    }
    long length = 0;
    int content = from;
    boolean ended = false;
    while (!ended && content < bytes.length && content - from < VARINT_BYTES_MAX) {
      length |= (bytes[content] & 0x7fL) << (7 * (content - from));
      ended = bytes[content] >= 0;
      content++;
    }
    if (!ended) {
      return content == bytes.length ? new Frame.Cut() : new Frame.Damaged();
    }
    if (length == 0 || length > entryBytesMax) {
      return new Frame.Damaged();
    }
    long end = content + length + CRC_BYTES;
    if (end > bytes.length) {
      return new Frame.Cut();
    }
    int crcAt = (int) end - CRC_BYTES;
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, crcAt - from);
    if ((int) crc.getValue() == number(crcAt)) {
      return new Frame.Whole(index(content, crcAt), (int) end);
    }
    return missesSector(from, (int) end) ? new Frame.Torn((int) end) : new Frame.Damaged();
  }

  /** Whether all that lies between two offsets in one and the same sector is zero. */
  private boolean missesSector(int from, int end) {
    for (int part = from; part < end; part = sectorEnd(part)) {
      if (isZero(part, Math.min(end, sectorEnd(part)))) {
        return true;
      }
    }
    return false;
  }

  private static int sectorEnd(int offset) {
    return (offset / SECTOR_BYTES + 1) * SECTOR_BYTES;
  }

  private boolean isZero(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private int number(int from) {
    return ByteBuffer.wrap(bytes).getInt(from);
  }

  /** The index, which is left out where it is 0. */
  private long index(int content, int end) {
    int position = content;
    long index = 0;
    while (position < end && (bytes[position] == TERM_TAG || bytes[position] == INDEX_TAG)) {
      boolean isIndex = bytes[position] == INDEX_TAG;
      position++;
      long value = 0;
      for (int shift = 0; position < end && shift < 64; shift += 7) {
        byte part = bytes[position++];
        value |= (part & 0x7fL) << shift;
        if (part >= 0) {
          break;
        }
      }
      if (isIndex) {
        index = value;
      }
    }
    return index;
  }
}
