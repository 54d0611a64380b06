package io.mailraft.node.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a request brings comes back byte for byte, in memory or not, and leaves nothing behind. */
class SpoolTest {
  private static final long MEMORY = 8L << 20;

  @TempDir private Path directory;

  private long files() throws IOException {
    try (Stream<Path> found = Files.list(directory.resolve("tmp"))) {
      return found.count();
    }
  }

  @Test
  void bytesComeBackFromMemoryFromTheFileAndFromAcrossBoth() throws Exception {
    Spool spool = new Spool(directory, 0, MEMORY);
    int free = spool.freePieces();
    int memory = SpoolFile.MEMORY_BYTES;
    for (int size : new int[] {0, 1, 100, memory - 1, memory, memory + 1, 3 * memory + 77}) {
      byte[] bytes = new byte[size];
      Random random = new Random(size);
      random.nextBytes(bytes);
      try (SpoolFile file = spool.begin()) {
        for (int from = 0; from < size; ) {
          int step = Math.min(size - from, 1 + random.nextInt(50_000));
          file.write(bytes, from, step);
          from += step;
        }
        assertThat(file.size()).isEqualTo(size);
        for (int i = 0; i < 50; i++) {
          int from = random.nextInt(size + 1);
          int to = from + random.nextInt(size - from + 1);
          try (InputStream in = file.read(from, to - from)) {
            assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, from, to));
          }
        }
        assertThat(files()).as("a file has no name").isZero();
      }
      assertThat(spool.freePieces()).as("memory after %d bytes", size).isEqualTo(free);
    }
  }

  @Test
  void withoutMemoryEverythingGoesToTheFile() throws Exception {
    Spool spool = new Spool(directory, 0, 0);
    byte[] bytes = new byte[100_000];
    new Random(1).nextBytes(bytes);
    try (SpoolFile file = spool.begin()) {
      file.write(bytes, 0, bytes.length);
      assertThat(file.read(0, bytes.length).readAllBytes()).isEqualTo(bytes);
    }
    assertThat(spool.freePieces()).isZero();
  }

  @Test
  void whatAnEarlierProcessLeftIsRemoved() throws Exception {
    Files.createDirectories(directory.resolve("tmp"));
    Files.writeString(directory.resolve("tmp/request-1"), "somebody's mail");
    new Spool(directory, 0, MEMORY);
    assertThat(files()).isZero();
  }

  @Test
  void aDiskThatIsNearlyFullIsToldAndMemoryIsGivenBack() throws Exception {
    Spool spool = new Spool(directory, Long.MAX_VALUE, MEMORY);
    int free = spool.freePieces();
    try (SpoolFile file = spool.begin()) {
      file.write(new byte[SpoolFile.MEMORY_BYTES], 0, SpoolFile.MEMORY_BYTES);
      assertThatThrownBy(() -> file.write(new byte[1], 0, 1))
          .isInstanceOf(SpoolFullException.class)
          .hasMessageContaining("bytes free");
    }
    assertThat(spool.freePieces()).isEqualTo(free);
    assertThat(files()).isZero();
  }

  @Test
  void aClosedFileGivesNothing() throws Exception {
    SpoolFile file = new Spool(directory, 0, MEMORY).begin();
    file.write(new byte[10], 0, 10);
    InputStream in = file.read(0, 10);
    file.close();
    file.close();
    assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> file.write(new byte[1], 0, 1)).isInstanceOf(IOException.class);
  }
}
