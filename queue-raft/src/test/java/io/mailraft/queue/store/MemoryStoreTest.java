package io.mailraft.queue.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The store in memory. */
class MemoryStoreTest extends StoreContract {
  @Override
  Store open(Path directory) {
    return Files.isDirectory(directory)
        ? MemoryStore.open(directory, TABLES)
        : new MemoryStore(TABLES);
  }

  @Test
  void aSecondPutIntoAnOnceTableIsRefused() {
    put(ONCE, "k", "1");
    assertThatThrownBy(() -> put(ONCE, "k", "2"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("once");
  }
}
