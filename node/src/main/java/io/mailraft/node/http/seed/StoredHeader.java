package io.mailraft.node.http.seed;

import io.mailraft.node.mime.HeaderLines;
import io.mailraft.queue.Content;
import io.mailraft.queue.QueueException;
import java.io.ByteArrayOutputStream;

/**
 * The header section of a message in the queue.
 *
 * @param lines its fields
 * @param bytes its length with the empty line behind it
 */
record StoredHeader(HeaderLines lines, long bytes) {
  /** As long as a section can come in by any configuration, with what is added to it. */
  private static final int BYTES_MAX = (64 << 20) + (64 << 10);

  /**
   * Reads the section.
   *
   * @param content read from its first chunk on
   * @throws QueueException if the message has ended meanwhile
   */
  static StoredHeader read(Content content) throws QueueException {
    ByteArrayOutputStream section = new ByteArrayOutputStream();
    int line = 0;
    while (section.size() < BYTES_MAX) {
      byte[] chunk = content.next();
      if (chunk.length == 0) {
        break;
      }
      for (int i = 0; i < chunk.length; i++) {
        if (chunk[i] != '\n') {
          line += chunk[i] == '\r' ? 0 : 1;
        } else if (line == 0) {
          section.write(chunk, 0, i + 1);
          return of(section);
        } else {
          line = 0;
        }
      }
      section.writeBytes(chunk);
    }
    return of(section);
  }

  private static StoredHeader of(ByteArrayOutputStream section) {
    return new StoredHeader(
        HeaderLines.parse(section.toByteArray(), section.size()), section.size());
  }
}
