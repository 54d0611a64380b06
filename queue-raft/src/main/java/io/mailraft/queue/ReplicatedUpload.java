package io.mailraft.queue;

import com.google.protobuf.UnsafeByteOperations;
import io.mailraft.api.log.DropUploads;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.shard.Shard;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** An upload to one shard. See {@link Upload}. */
final class ReplicatedUpload implements Upload {
  /** Largest chunk, and largest message that travels in one record, in bytes. */
  static final int CHUNK_BYTES = 256 << 10;

  /** Most chunks on their way at a time. */
  static final int IN_FLIGHT_MAX = 8;

  private static final int FIRST_BYTES = UploadMemory.PIECE_BYTES;

  private final MessageId id;
  private final Optional<RequestKey> key;
  private final GroupClient shard;
  private final UploadMemory memory;
  private final DiskGuard disk;
  private final Duration timeout;
  private final ArrayDeque<CompletableFuture<Answer>> inFlight = new ArrayDeque<>();
  private byte[] buffer = new byte[0];
  private int filled;
  private int chunks;
  private long bytes;
  private boolean over;

  ReplicatedUpload(
      MessageId id,
      Optional<RequestKey> key,
      GroupClient shard,
      UploadMemory memory,
      DiskGuard disk,
      Duration timeout) {
    this.id = id;
    this.key = key;
    this.shard = shard;
    this.memory = memory;
    this.disk = disk;
    this.timeout = timeout;
  }

  @Override
  public MessageId id() {
    return id;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void write(ByteBuffer content) throws QueueException {
    if (over) {
      throw new IllegalStateException("upload " + id + " is over");
    }
    while (content.hasRemaining()) {
      if (filled == buffer.length) {
        makeRoom();
      }
      int count = Math.min(content.remaining(), buffer.length - filled);
      content.get(buffer, filled, count);
      filled += count;
      bytes += count;
    }
  }

  private void makeRoom() throws QueueException {
    if (buffer.length == 0) {
      firstPiece();
    } else if (buffer.length < CHUNK_BYTES && memory.more(pieces(buffer.length))) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    } else {
      storeChunk();
      firstPiece();
    }
  }

  private void firstPiece() throws QueueException {
    try {
      if (!memory.first(timeout)) {
        throw new QueueException(Reason.BUSY, "other uploads hold all memory for uploads");
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    // A message that had one chunk fills another one; others must find their first piece, though.
    boolean whole =
        chunks > 0
            && memory.free() >= 2 * pieces(CHUNK_BYTES)
            && memory.more(pieces(CHUNK_BYTES - FIRST_BYTES));
    buffer = new byte[whole ? CHUNK_BYTES : FIRST_BYTES];
    filled = 0;
  }

  private static int pieces(int length) {
    return length / UploadMemory.PIECE_BYTES;
  }

  /** Sends the buffer off as a chunk; its memory goes back once the chunk is stored or given up. */
  private void storeChunk() throws QueueException {
    if (disk.full()) {
      throw new QueueException(Reason.DISK_FULL, "the disk of this node is nearly full");
    }
    int pieces = pieces(buffer.length);
    Record record =
        Record.newBuilder()
            .setStoreChunk(
                StoreChunk.newBuilder()
                    .setId(id.toByteString())
                    .setNumber(chunks++)
                    .setBody(UnsafeByteOperations.unsafeWrap(buffer, 0, filled)))
            .build();
    buffer = new byte[0];
    filled = 0;
    inFlight.add(
        shard.submit(record, timeout).whenComplete((value, trouble) -> memory.giveBack(pieces)));
    while (inFlight.size() >= IN_FLIGHT_MAX) {
      await(inFlight.remove());
    }
  }

  /** Waits for an answer; returns its value. */
  private long await(CompletableFuture<Answer> answer) throws QueueException {
    return switch (awaitAnswer(answer)) {
      case Answer.Accepted(long _, long value) -> value;
      case Answer.Refused refused -> throw refusal(refused);
    };
  }

  private static QueueException refusal(Answer.Refused refused) {
    Reason reason = Reason.INVALID;
    if (isOtherRequest(refused)) {
      reason = Reason.KEY_USED;
    } else if (refused.detail().startsWith(Shard.CHUNKS_GONE)) {
      reason = Reason.COLLECTED;
    }
    return new QueueException(reason, refused.detail() + " (log index " + refused.index() + ")");
  }

  private static boolean isOtherRequest(Answer.Refused refused) {
    return refused.detail().equals(Shard.OTHER_REQUEST);
  }

  private Answer awaitAnswer(CompletableFuture<Answer> answer) throws QueueException {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QueueException refused) {
        throw new QueueException(refused.reason(), String.valueOf(refused.getMessage()), refused);
      }
      throw new IllegalStateException("storing a part of message " + id, e);
    }
  }

  private static QueueException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new QueueException(Reason.STOPPING, "interrupted while storing a message", e);
  }

  @Override
  public Optional<MessageId> first() throws QueueException {
    if (key.isEmpty()) {
      return Optional.empty();
    }
    // Without recipients there is nothing to store: apply looks the key up and then refuses. The
    // record stands in the log behind all that the leader was handed under the key before.
    StoreMessage look =
        StoreMessage.newBuilder()
            .setId(id.toByteString())
            .setIdempotency(key.get().record())
            .build();
    Answer answer =
        awaitAnswer(shard.submit(Record.newBuilder().setStoreMessage(look).build(), timeout));
    return switch (answer) {
      case Answer.Accepted(long _, long stem) -> Optional.of(new MessageId(stem, id.shard()));
      case Answer.Refused refused when isOtherRequest(refused) -> throw refusal(refused);
      case Answer.Refused _ -> Optional.empty();
    };
  }

  @Override
  public MessageId commit(Envelope envelope, List<Recipient> recipients) throws QueueException {
    if (over) {
      throw new IllegalStateException("upload " + id + " is over");
    }
    StoreMessage.Builder message =
        StoreMessage.newBuilder()
            .setId(id.toByteString())
            .setEnvelope(envelope)
            .setBodyBytes(bytes)
            .addAllRecipients(recipients);
    if (chunks == 0) {
      message.setBody(UnsafeByteOperations.unsafeWrap(buffer, 0, filled));
    } else {
      if (filled > 0) {
        storeChunk();
      }
      while (!inFlight.isEmpty()) {
        await(inFlight.remove());
      }
      message.setChunks(chunks);
    }
    key.ifPresent(given -> message.setIdempotency(given.record()));
    // Lost on the way, the record is handed in again and may be applied twice; its key, if it has
    // one, then stands for this very message.
    long stem = await(shard.submit(Record.newBuilder().setStoreMessage(message).build(), timeout));
    over = true;
    giveBackBuffer();
    return key.isPresent() ? new MessageId(stem, id.shard()) : id;
  }

  private void giveBackBuffer() {
    memory.giveBack(pieces(buffer.length));
    buffer = new byte[0];
    filled = 0;
  }

  @Override
  public void close() {
    if (over) {
      return;
    }
    over = true;
    giveBackBuffer();
    if (chunks > 0) {
      // Only a courtesy: what it does not reach is collected after the upload timeout. A commit
      // whose answer was lost is safe: applied before this, it made the message visible, which is
      // no upload any more; applied after it, it is refused, since its chunks are gone.
      var _ =
          shard.submit(
              Record.newBuilder()
                  .setDropUploads(DropUploads.newBuilder().addIds(id.toByteString()))
                  .build(),
              timeout);
    }
  }
}
