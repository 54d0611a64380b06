package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An index that a replica's log has reached on disk and that was committed, in the file {@code
 * log-mark}: a log that ends before it has lost something.
 *
 * <p>It is written once a second and at the end, in place and without a sync: a crash leaves an
 * older one, which is as true. What is committed is never taken back, so neither is it. Without a
 * readable mark the log is believed as it is.
 */
final class LogMark {
  private static final Logger LOG = LoggerFactory.getLogger(LogMark.class);
  private static final Pattern FORM = Pattern.compile("([0-9a-f]{8}) index=(\\d{1,19})\\s*");
  private static final int BYTES = 40;

  private final Path file;
  private long written;

  /**
   * Reads the mark of the replica in a directory.
   *
   * @throws IOException if there is one that cannot be read
   */
  LogMark(Path group) throws IOException {
    this.file = group.resolve("log-mark");
    this.written = Files.exists(file) ? read() : -1;
  }

  private long read() throws IOException {
    Matcher form = FORM.matcher(new String(Files.readAllBytes(file), US_ASCII));
    if (form.matches()) {
      long index = Long.parseLong(form.group(2));
      if (form.group(1).equals(checksum(index))) {
        return index;
      }
    }
    LOG.warn("{} cannot be read; the log is believed as it is", file);
    return -1;
  }

  /** The index; -1 where there is none. */
  synchronized long index() {
    return written;
  }

  /** Moves the mark forward. */
  synchronized void reached(long index) throws IOException {
    if (index <= written) {
      return;
    }
    String text = checksum(index) + " index=" + index;
    byte[] bytes = (text + " ".repeat(BYTES - text.length() - 1) + "\n").getBytes(US_ASCII);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), 0);
    }
    written = index;
  }

  private static String checksum(long index) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(index).flip());
    return "%08x".formatted(crc.getValue());
  }
}
