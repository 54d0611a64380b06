package io.mailraft.queue;

import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.store.DamagedException;
import java.util.Optional;

/**
 * The content of an open message, read chunk by chunk from this node's replica. Used by one thread
 * at a time.
 */
public final class Content {
  private final Shard shard;
  private final MessageId id;
  private final int chunks;
  private final long bytes;
  private int next;
  private long read;

  Content(Shard shard, MessageId id, StoredMessage message) {
    this.shard = shard;
    this.id = id;
    this.chunks = message.getChunks();
    this.bytes = message.getBodyBytes();
  }

  /**
   * The next chunk, at most 256 KiB; empty at the end.
   *
   * @throws QueueException if the message has ended meanwhile
   * @throws DamagedException if this node's replica does not hold what was accepted. The replica
   *     stops: another node, whose replica does, is to deliver it
   */
  public byte[] next() throws QueueException {
    if (next == chunks) {
      if (read != bytes) {
        throw shard.damaged("message " + id + " has " + read + " bytes of " + bytes);
      }
      return new byte[0];
    }
    Optional<byte[]> chunk = shard.body(id, next);
    if (chunk.isEmpty()) {
      if (shard.message(id).isEmpty()) {
        throw new QueueException(Reason.UNKNOWN, "message " + id + " has ended");
      }
      throw shard.damaged("chunk " + next + " of message " + id + " is missing");
    }
    next++;
    read += chunk.get().length;
    return chunk.get();
  }
}
