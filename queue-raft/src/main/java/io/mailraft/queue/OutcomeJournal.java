package io.mailraft.queue;

import io.mailraft.api.log.Outcomes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A local file of outcomes that the shard has not confirmed yet, so that they survive this process
 * (I6).
 *
 * <p>An outcome is appended before it is reported and struck out, in memory, once the shard has it.
 * When nothing is open, or the file has grown to {@link #REWRITE_BYTES} and to twice what is open,
 * it is made anew from what is open: so each byte is written twice on average, however much is
 * open. A record is its length, above 0, its CRC-32C and the bytes; reading stops at the first that
 * is not whole.
 *
 * <p><b>Crash.</b> Appending is one write and no fsync: it survives the death of the process, which
 * is what I6 asks for. A power cut may lose the tail or leave zeros in its place, and then those
 * deliveries can double, as I6 allows for a node that dies. An outcome that was confirmed but not
 * yet taken out of the file is reported again; the shard ignores what it knows. Making the file
 * anew writes a second file and renames it: before the rename the old one counts, after it the new
 * one, and both hold what is open.
 */
final class OutcomeJournal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OutcomeJournal.class);
  static final long REWRITE_BYTES = 4 << 20;
  private static final int HEAD_BYTES = 8;
  private static final int RECORD_BYTES_MAX = 1 << 20;

  private final Path file;
  private final Map<Long, Outcomes> open = new LinkedHashMap<>();
  private RandomAccessFile out;
  private long size;

  /** Bytes of what is open, as records. */
  private long openBytes;

  /** After a rewrite that did not succeed, the size from which on another is tried. */
  private long triedAgainAt;

  private long lastTicket;

  /**
   * Opens the journal and reads what an earlier process left.
   *
   * @throws IOException if the file cannot be read or written
   */
  OutcomeJournal(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      for (Outcomes outcomes : read(file)) {
        open.put(++lastTicket, outcomes);
        openBytes += bytes(outcomes);
      }
    }
    this.out = rewrite();
  }

  /** What is open, by ticket, oldest first. */
  synchronized Map<Long, Outcomes> open() {
    return new LinkedHashMap<>(open);
  }

  /**
   * Appends outcomes. Where they cannot be written they are kept in memory all the same: only their
   * survival of a crash is lost then, and nothing after them.
   *
   * @return a ticket to strike them out
   */
  synchronized long append(Outcomes outcomes) {
    long ticket = ++lastTicket;
    open.put(ticket, outcomes);
    openBytes += bytes(outcomes);
    try {
      size += write(out, outcomes);
    } catch (IOException e) {
      log.error("an outcome is not in the journal {}", file, e);
      cutTornRecord();
    }
    return ticket;
  }

  /** Reading stops at a torn record, so it must not stand before whole ones. */
  private void cutTornRecord() {
    try {
      out.setLength(size);
      out.seek(size);
    } catch (IOException e) {
      log.error("the journal {} cannot be mended", file, e);
    }
  }

  /** The shard has these. */
  synchronized void strike(long ticket) {
    Outcomes struck = open.remove(ticket);
    if (struck != null) {
      openBytes -= bytes(struck);
    }
    long worth = open.isEmpty() ? REWRITE_BYTES / 8 : Math.max(REWRITE_BYTES, 2 * openBytes);
    if (size < worth || size < triedAgainAt) {
      return;
    }
    try {
      RandomAccessFile before = out;
      out = rewrite();
      before.close();
      triedAgainAt = 0;
    } catch (IOException e) {
      // The old one still holds all that is open. A disk that is full would be tried, and told of,
      // with each outcome.
      triedAgainAt = size + REWRITE_BYTES / 8;
      log.error("the journal {} cannot be written anew, it grows meanwhile", file, e);
    }
  }

  private RandomAccessFile rewrite() throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    // Not a FileChannel: that is closed for everybody when one writer is interrupted.
    RandomAccessFile next = new RandomAccessFile(temporary.toFile(), "rw");
    try {
      next.setLength(0);
      long bytes = 0;
      for (Outcomes outcomes : open.values()) {
        bytes += write(next, outcomes);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      size = bytes;
      return next;
    } catch (IOException e) {
      next.close();
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  private static long bytes(Outcomes outcomes) {
    return (long) HEAD_BYTES + outcomes.getSerializedSize();
  }

  private static long write(RandomAccessFile to, Outcomes outcomes) throws IOException {
    byte[] bytes = outcomes.toByteArray();
    ByteBuffer record = ByteBuffer.allocate(HEAD_BYTES + bytes.length);
    record.putInt(bytes.length).putInt(checksum(bytes)).put(bytes);
    to.write(record.array());
    return (long) HEAD_BYTES + bytes.length;
  }

  private static List<Outcomes> read(Path file) throws IOException {
    List<Outcomes> found = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    while (bytes.remaining() >= HEAD_BYTES) {
      int length = bytes.getInt();
      int checksum = bytes.getInt();
      // Zeros are no record, although their checksum is right: a file that lost its power may have
      // the length of what was appended without the bytes.
      if (length <= 0 || length > RECORD_BYTES_MAX || length > bytes.remaining()) {
        return found;
      }
      byte[] record = new byte[length];
      bytes.get(record);
      if (checksum(record) != checksum) {
        return found;
      }
      found.add(Outcomes.parseFrom(record));
    }
    return found;
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
