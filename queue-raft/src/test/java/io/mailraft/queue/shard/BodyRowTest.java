package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.queue.MessageId;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The checksum of a chunk of content. */
class BodyRowTest {
  private static final MessageId ID = new MessageId(77, 0);
  private static final ByteString CONTENT = ByteString.copyFromUtf8("Subject: hello\r\n\r\nworld");

  @Test
  void aChunkIsReadAsItWasWritten() {
    assertThat(BodyRow.content(ID, 3, BodyRow.of(ID, 3, CONTENT))).hasValue(CONTENT.toByteArray());
    assertThat(BodyRow.content(ID, 0, BodyRow.of(ID, 0, ByteString.EMPTY))).hasValue(new byte[0]);
  }

  @Test
  void i2_everyFlippedBitAndEveryCutIsFound() {
    byte[] good = BodyRow.of(ID, 3, CONTENT);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(BodyRow.content(ID, 3, bad)).as("bit %s", bit).isEmpty();
    }
    for (int length = 0; length < good.length; length++) {
      assertThat(BodyRow.content(ID, 3, Arrays.copyOf(good, length))).isEmpty();
    }
  }

  @Test
  void i2_aChunkUnderAnotherKeyIsFound() {
    byte[] row = BodyRow.of(ID, 3, CONTENT);
    assertThat(BodyRow.content(ID, 4, row)).isEmpty();
    assertThat(BodyRow.content(new MessageId(78, 0), 3, row)).isEmpty();
  }
}
