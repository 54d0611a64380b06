package io.mailraft.delivery;

import java.io.IOException;

/** Where the content of a claimed message is read. */
public interface Bodies {

  /**
   * Opens the content of a message for one pass. Any number may be open at once.
   *
   * @throws IOException if it cannot be read; the attempt is then given back, not bounced
   */
  Body open(String messageId) throws IOException;

  /**
   * The content of one message, chunk by chunk. Used by one thread at a time; may block on the
   * disk.
   */
  interface Body extends AutoCloseable {

    /**
     * The next chunk, at most 1 MiB: header and body as stored, lines ending in CRLF, no
     * dot-stuffing.
     *
     * @return an empty array at the end
     * @throws IOException if it cannot be read
     */
    byte[] next() throws IOException;

    @Override
    void close();
  }
}
