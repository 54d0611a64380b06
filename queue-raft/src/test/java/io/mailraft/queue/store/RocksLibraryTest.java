package io.mailraft.queue.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class RocksLibraryTest {
  @Test
  @EnabledOnOs(OS.LINUX)
  void nothingIsLeftInTheDirectoryForTemporaryFiles() throws Exception {
    new RocksMemory(RocksMemory.BYTES_MIN).close();
    List<String> mapped;
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      mapped = lines.filter(line -> line.contains("librocksdbjni")).toList();
    }
    assertThat(mapped).isNotEmpty().allMatch(line -> line.endsWith(" (deleted)"));
  }
}
