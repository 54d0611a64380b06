package io.mailraft.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;

/**
 * Makes message ids that never repeat, whatever the clock does.
 *
 * <p>Ids carry milliseconds and a counter of 4,096 for each. Within a process they only grow: where
 * the clock stands or goes back, the last millisecond is used up and the next one is taken in
 * advance. Across restarts a file holds a millisecond that no id has reached yet; it is moved ahead
 * by {@link #AHEAD_MILLIS} before ids pass it, and the next process starts there at the earliest.
 * Losing the file with the disk leaves the group's own time as the floor.
 *
 * <p><b>Crash.</b> The new mark is written to a temporary file, fsynced, renamed, and the directory
 * fsynced, all before an id beyond the old mark is given out. A crash before that leaves the old
 * mark, which no id has passed; a crash after it skips at most {@link #AHEAD_MILLIS} of ids.
 */
final class IdSource {
  static final long AHEAD_MILLIS = 60_000;
  private static final int COUNTER_MAX = 0xfff;

  private final Path file;
  private final InstantSource clock;
  private final int node;
  private long millis;
  private int counter;
  private long markMillis;

  /**
   * @param file where the mark is kept
   * @param floorMillis no id is made for this millisecond or an earlier one
   * @param node node number, 0 to 255
   * @throws IOException if the mark cannot be read
   */
  IdSource(Path file, InstantSource clock, long floorMillis, int node) throws IOException {
    this.file = file;
    this.clock = clock;
    this.node = node;
    this.markMillis = read(file);
    this.millis = Math.max(markMillis, floorMillis);
    this.counter = COUNTER_MAX;
  }

  private static long read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length != Long.BYTES) {
      throw new IOException(file + " has " + bytes.length + " bytes, not 8");
    }
    return ByteBuffer.wrap(bytes).getLong();
  }

  /**
   * The next id.
   *
   * @throws IOException if the mark cannot be moved ahead; no id is given then
   */
  synchronized MessageId next(int shard) throws IOException {
    long now = clock.millis();
    if (now > millis) {
      millis = now;
      counter = 0;
    } else if (counter < COUNTER_MAX) {
      counter++;
    } else {
      millis++;
      counter = 0;
    }
    if (millis >= markMillis) {
      write(millis + AHEAD_MILLIS);
    }
    return new MessageId(millis << 20 | (long) counter << 8 | node, shard);
  }

  private void write(long mark) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel out =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).putLong(mark).flip();
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    }
    markMillis = mark;
  }
}
