package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdSourceTest {
  private static final long NOW = 1_800_000_000_000L;

  @TempDir private Path directory;
  private final AtomicLong millis = new AtomicLong(NOW);
  private final InstantSource clock = () -> Instant.ofEpochMilli(millis.get());

  private IdSource open(long floorMillis) throws IOException {
    return new IdSource(directory.resolve("ids"), clock, floorMillis, 0xab);
  }

  @Test
  void anIdTellsItsTimeNodeAndShard() throws IOException {
    MessageId id = open(0).next(7);
    assertThat(id.millis()).isEqualTo(NOW);
    assertThat(id.toString()).hasSize(18).endsWith("ab07");
    assertThat(MessageId.parse(id.toString())).isEqualTo(id);
    assertThat(MessageId.of(id.toByteString())).isEqualTo(id);
  }

  @Test
  void idsGrowWhileTheClockStandsAndWhenItGoesBackADay() throws IOException {
    IdSource source = open(0);
    MessageId last = source.next(0);
    for (int i = 0; i < 10_000; i++) {
      if (i == 5_000) {
        millis.addAndGet(-86_400_000);
      }
      MessageId next = source.next(0);
      assertThat(next).isGreaterThan(last);
      last = next;
    }
  }

  @Test
  void idsNeverRepeatAcrossRestartsWhateverTheClockDoes() throws IOException {
    Random random = new Random(1);
    Set<MessageId> seen = new HashSet<>();
    for (int start = 0; start < 50; start++) {
      IdSource source = open(0);
      millis.set(NOW + random.nextInt(200_000) - 100_000);
      for (int i = 0; i < 200; i++) {
        assertThat(seen.add(source.next(0))).as("start %d, id %d", start, i).isTrue();
      }
    }
  }

  @Test
  void aFloorFromTheGroupHoldsWhereTheMarkIsLost() throws IOException {
    assertThat(open(NOW + 5000).next(0).millis()).isGreaterThan(NOW + 5000);
  }

  @Test
  void aDamagedMarkIsRefused() throws IOException {
    Files.writeString(directory.resolve("ids"), "x");
    assertThatThrownBy(() -> open(0)).isInstanceOf(IOException.class).hasMessageContaining("8");
  }
}
