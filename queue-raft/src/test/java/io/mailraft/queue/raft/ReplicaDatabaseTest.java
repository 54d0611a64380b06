package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.DamagedException;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.RocksStore;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The replacement of a replica's database. */
class ReplicaDatabaseTest {
  private static final Table ROWS = new Table("rows", Table.Removal.ANY, false);

  @TempDir Path directory;
  private final RocksMemory memory = new RocksMemory(RocksMemory.BYTES_MIN);

  @AfterEach
  void giveMemoryBack() {
    memory.close();
  }

  /** A snapshot of a database with so many rows, which ends at that index. */
  private Path snapshot(int rows) {
    Path made = directory.resolve("snapshot");
    try (RocksStore store = RocksStore.open(directory.resolve("other"), List.of(ROWS), memory)) {
      write(store, rows);
      store.checkpoint(made);
    }
    return made;
  }

  private static void write(Store store, int rows) {
    Batch batch = store.begin();
    for (int row = 0; row < rows; row++) {
      batch.put(ROWS, LedgerFold.key(row), LedgerFold.key(row * 31L));
    }
    store.commit(batch, new Position(1, rows, 0));
  }

  private static void damage(Path snapshot) throws IOException {
    for (Path file : Durable.list(snapshot)) {
      if (file.toString().endsWith(".sst")) {
        byte[] bytes = Files.readAllBytes(file);
        // In the middle of its rows, not in what is read to open it.
        bytes[bytes.length / 4] ^= 1;
        Files.write(file, bytes);
      }
    }
  }

  @Test
  void i2_aDamagedSnapshotIsRefusedAgainAndAgainAndTheDatabaseStaysAsItWas() throws Exception {
    Path damaged = snapshot(5_000);
    damage(damaged);
    Path root = Files.createDirectory(directory.resolve("replica"));
    for (int start = 0; start < 2; start++) {
      try (ReplicaDatabase database = new ReplicaDatabase(root, List.of(ROWS), memory, _ -> {})) {
        database.open();
        if (start == 0) {
          write(database.store(), 10);
        }
        assertThatThrownBy(() -> database.replaceBy(damaged)).isInstanceOf(DamagedException.class);
        assertThat(database.applied().index()).isEqualTo(10);
      }
    }
  }

  @Test
  void aWholeSnapshotTakesThePlaceOfTheDatabase() throws Exception {
    Path whole = snapshot(5_000);
    Path root = Files.createDirectory(directory.resolve("replica"));
    try (ReplicaDatabase database = new ReplicaDatabase(root, List.of(ROWS), memory, _ -> {})) {
      database.open();
      write(database.store(), 10);
      database.replaceBy(whole);
      assertThat(database.applied().index()).isEqualTo(5_000);
      assertThat(database.get(ROWS, LedgerFold.key(4_999))).isPresent();
    }
    assertThat(Durable.list(root)).extracting(Path::getFileName).containsExactly(Path.of("db"));
  }
}
