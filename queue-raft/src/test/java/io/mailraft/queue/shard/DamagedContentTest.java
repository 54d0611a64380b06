package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.store.DamagedException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Content that is not what was accepted, in one replica. */
class DamagedContentTest {
  private static final MessageId ID = new MessageId(9, 0);
  private static final ByteString CONTENT = ByteString.copyFromUtf8("Subject: x\r\n\r\nbody\r\n");

  private final Shard shard =
      new Shard(
          0,
          "n1",
          new ShardSettings(Duration.ZERO, Duration.ofMinutes(1), Duration.ZERO, 1 << 20),
          InstantSource.system(),
          new ControlFold());
  private final LocalGroup group = new LocalGroup((ShardFold) shard.fold());

  @BeforeEach
  void store() throws Exception {
    shard.bind(group);
    group
        .propose(
            Record.newBuilder()
                .setStoreMessage(
                    StoreMessage.newBuilder()
                        .setId(ID.toByteString())
                        .setBody(CONTENT)
                        .setBodyBytes(CONTENT.size())
                        .addRecipients(
                            Recipient.newBuilder().setSeq(1).setZone("z").setDomain("d.example")))
                .build())
        .get(20, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    group.close();
  }

  @Test
  void i2_soundContentIsServed() {
    assertThat(shard.body(ID, 0)).hasValue(CONTENT.toByteArray());
    assertThat(group.stopped()).isEmpty();
  }

  @Test
  void i2_changedContentIsNotServedAndStopsTheReplica() {
    byte[] row = BodyRow.of(ID, 0, CONTENT);
    row[5] ^= 1;
    group.overwrite(Rows.BODY, Rows.body(ID, 0), row);
    assertThatThrownBy(() -> shard.body(ID, 0))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(ID.toString())
        .hasMessageContaining("node rejoin");
    assertThat(group.stopped()).get().isInstanceOf(DamagedException.class);
  }
}
