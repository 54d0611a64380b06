package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.control.ControlFold;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** An open message of several chunks in one replica, whose rows can be harmed. */
public final class StoredContent implements AutoCloseable {
  private static final MessageId ID = new MessageId(9, 0);

  private final Shard shard =
      new Shard(
          0,
          "n1",
          new ShardSettings(Duration.ZERO, Duration.ofMinutes(1), Duration.ZERO, 1 << 20),
          InstantSource.system(),
          new ControlFold());
  private final LocalGroup group = new LocalGroup((ShardFold) shard.fold());

  /** Stores a message of so many chunks. */
  public StoredContent(int chunks) throws Exception {
    shard.bind(group);
    long bytes = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      apply(
          Record.newBuilder()
              .setStoreChunk(
                  StoreChunk.newBuilder()
                      .setId(ID.toByteString())
                      .setNumber(chunk)
                      .setBody(content(chunk))));
      bytes += content(chunk).size();
    }
    apply(
        Record.newBuilder()
            .setStoreMessage(
                StoreMessage.newBuilder()
                    .setId(ID.toByteString())
                    .setChunks(chunks)
                    .setBodyBytes(bytes)
                    .addRecipients(
                        Recipient.newBuilder().setSeq(1).setZone("z").setDomain("d.example"))));
    if (shard.message(ID).isEmpty()) {
      throw new IllegalStateException("the message was not stored");
    }
  }

  private void apply(Record.Builder record) throws Exception {
    group.propose(record.build()).get(20, TimeUnit.SECONDS);
  }

  private static ByteString content(int chunk) {
    return ByteString.copyFromUtf8("chunk " + chunk + " of a message\r\n");
  }

  /** The shard, bound to a group of this replica alone. */
  public Shard shard() {
    return shard;
  }

  /** Id of the message. */
  public MessageId id() {
    return ID;
  }

  /** What was stored as a chunk. */
  public byte[] chunk(int number) {
    return content(number).toByteArray();
  }

  /** Removes a chunk's row. */
  public void lose(int chunk) {
    group.remove(Rows.BODY, Rows.body(ID, chunk));
  }

  /** Flips one bit of a chunk's row. */
  public void flip(int chunk) {
    byte[] row = BodyRow.of(ID, chunk, content(chunk));
    row[5] ^= 1;
    group.overwrite(Rows.BODY, Rows.body(ID, chunk), row);
  }

  /** Puts something shorter in a chunk's place, with the right checksum. */
  public void shorten(int chunk) {
    group.overwrite(
        Rows.BODY,
        Rows.body(ID, chunk),
        BodyRow.of(ID, chunk, content(chunk).substring(0, content(chunk).size() - 1)));
  }

  /** Puts one chunk's row, whole, in another's place. */
  public void misplace(int from, int to) {
    group.overwrite(Rows.BODY, Rows.body(ID, to), BodyRow.of(ID, from, content(from)));
  }

  /** Lets the message end: its rows go. */
  public void end(int chunks) {
    for (int chunk = 0; chunk < chunks; chunk++) {
      lose(chunk);
    }
    group.remove(Rows.MESSAGE, Rows.message(ID));
  }

  /** Why the replica was told to stop; empty where it was not. */
  public Optional<Throwable> stopped() {
    return group.stopped();
  }

  @Override
  public void close() {
    group.close();
  }
}
