package io.mailraft.queue;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A message on its way in. Used by one thread at a time; blocks where it must wait, so a virtual
 * thread suits it.
 *
 * <p>Bytes are gathered into chunks of at most 256 KiB. A message that fits one chunk travels whole
 * in its one record. Of a larger one at most 4 chunks are in flight: {@link #write} waits for the
 * oldest. An election in between is waited out, within the queue's submit timeout.
 */
public interface Upload extends AutoCloseable {

  /** The id that the message will have. */
  MessageId id();

  /**
   * Appends to the message: header and body as they are to be stored, lines ending in CRLF, no
   * dot-stuffing. The buffer is copied and may be reused.
   *
   * @throws QueueException if a chunk could not be stored; the upload is then over
   */
  void write(ByteBuffer bytes) throws QueueException;

  /** Bytes written so far. */
  long bytes();

  /**
   * The message that was stored under this upload's key before. Asked in the shard's log: what was
   * handed in there under the key before this call, on whatever node, has been stored or refused
   * when it returns. Costs a log entry.
   *
   * @return empty where there is none, or the upload was begun without a key
   * @throws QueueException if that is not known in time, or, with the reason {@code KEY_USED}, if
   *     the key stands for another request
   */
  Optional<MessageId> first() throws QueueException;

  /**
   * Makes the message and its deliveries visible, and returns once a majority of nodes has them on
   * disk (I1).
   *
   * @param recipients at least one, with distinct sequence numbers counted from 1
   * @return id of the message: its own, or, where it was begun with a key that is known already,
   *     that of the message that was stored then; this one is not stored again
   * @throws QueueException if that did not happen in time, or, with the reason {@code KEY_USED}, if
   *     its key stands for another request. Where the reason is {@code NO_MAJORITY} the message may
   *     still have been stored: the client will send it again, as after any lost reply (RFC 1047)
   */
  MessageId commit(Envelope envelope, List<Recipient> recipients) throws QueueException;

  /**
   * Gives up an upload that was not committed; what it stored is collected. Does nothing after a
   * commit.
   */
  @Override
  void close();
}
