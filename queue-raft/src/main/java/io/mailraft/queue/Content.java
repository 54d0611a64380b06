package io.mailraft.queue;

import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.shard.Shard;

/**
 * The content of an open message, read chunk by chunk from this node's replica. Used by one thread
 * at a time.
 */
public final class Content {
  private final Shard shard;
  private final MessageId id;
  private final int chunks;
  private int next;

  Content(Shard shard, MessageId id, StoredMessage message) {
    this.shard = shard;
    this.id = id;
    this.chunks = message.getChunks();
  }

  /**
   * The next chunk, at most 256 KiB; empty at the end.
   *
   * @throws QueueException if the message has ended meanwhile
   */
  public byte[] next() throws QueueException {
    if (next == chunks) {
      return new byte[0];
    }
    byte[] chunk =
        shard
            .body(id, next)
            .orElseThrow(
                () -> new QueueException(Reason.UNKNOWN, "message " + id + " has no content here"));
    next++;
    return chunk;
  }
}
