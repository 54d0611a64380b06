package io.mailraft.queue.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.Table.Removal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The store in a RocksDB database. */
class RocksStoreTest extends StoreContract {
  private static RocksMemory memory;

  @BeforeAll
  static void setMemoryAside() {
    memory = new RocksMemory(16 << 20);
  }

  @AfterAll
  static void giveMemoryBack() {
    memory.close();
  }

  @Override
  Store open(Path directory) {
    return RocksStore.open(directory, TABLES, memory);
  }

  @Test
  void aStoreThatIsOpenedAgainStandsWhereItWasClosed() {
    put(ANY, "k", "1");
    Position at = store().applied();
    store().close();

    try (Store again = open(directory.resolve("store"))) {
      assertThat(again.applied()).isEqualTo(at);
      assertThat(get(again, ANY, "k")).contains("1");
    }
  }

  @Test
  void i8_aCrashLeavesTheWholeStateOfSomeEarlierEntry() throws Exception {
    // The files as they lie on disk while the process lives are what a killed process leaves.
    Random random = new Random(11);
    for (int i = 1; i <= 60; i++) {
      Batch batch = store().begin();
      byte[] body = new byte[300_000];
      random.nextBytes(body);
      batch.put(BLOBS, bytes("b" + i), body);
      batch.put(ANY, bytes("count"), bytes(Integer.toString(i)));
      commit(batch);
    }
    Path crashed = copyOfFiles(directory.resolve("store"), directory.resolve("crashed"));

    try (Store again = open(crashed)) {
      long index = again.applied().index();
      assertThat(get(again, ANY, "count").map(Long::valueOf).orElse(-1L)).isEqualTo(index);
      List<String> bodies = new ArrayList<>();
      again.scan(BLOBS, bytes("b"), bytes("c"), (key, value) -> bodies.add(new String(key, UTF_8)));
      assertThat(bodies).hasSize((int) Math.max(0, index));
      assertThat(index).as("write buffers of 4 MiB were flushed on the way").isGreaterThan(0);
    }
  }

  @Test
  void nothingIsWrittenToALogOfTheDatabaseItself() throws Exception {
    put(ANY, "k", "1");
    try (Stream<Path> files = Files.list(directory.resolve("store"))) {
      assertThat(
              files
                  .filter(file -> file.toString().endsWith(".log"))
                  .mapToLong(RocksStoreTest::size))
          .allMatch(size -> size == 0);
    }
  }

  @Test
  void aLargeValueLiesInABlobFileOnceFlushed() throws Exception {
    byte[] body = new byte[100_000];
    new Random(3).nextBytes(body);
    Batch batch = store().begin();
    batch.put(BLOBS, bytes("body"), body);
    commit(batch);
    store().checkpoint(directory.resolve("copy"));

    try (Stream<Path> files = Files.list(directory.resolve("copy"))) {
      assertThat(
              files
                  .filter(file -> file.toString().endsWith(".blob"))
                  .mapToLong(RocksStoreTest::size)
                  .sum())
          .isGreaterThan(body.length);
    }
  }

  @Test
  void aRowThatIsRemovedBeforeTheFlushNeverReachesAFile() throws Exception {
    byte[] body = new byte[100_000];
    new Random(5).nextBytes(body);
    Batch batch = store().begin();
    batch.put(BLOBS, bytes("body"), body);
    commit(batch);
    batch = store().begin();
    batch.delete(BLOBS, bytes("body"));
    commit(batch);
    store().checkpoint(directory.resolve("copy"));

    try (Stream<Path> files = Files.list(directory.resolve("copy"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".blob"))).isEmpty();
    }
  }

  @Test
  void readsThatRaceWithCloseAreRefusedAndDoNotCrash() throws Exception {
    put(ANY, "k", "1");
    CountDownLatch reading = new CountDownLatch(4);
    List<Callable<Long>> readers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      readers.add(
          () -> {
            long reads = 0;
            try {
              while (true) {
                assertThat(get(store(), ANY, "k")).contains("1");
                assertThat(rows(store(), ANY)).containsExactly("k=1");
                if (reads++ == 100) {
                  reading.countDown();
                }
              }
            } catch (StoreException e) {
              return reads;
            }
          });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Long>> results = readers.stream().map(threads::submit).toList();
      reading.await();
      store().close();
      for (Future<Long> result : results) {
        assertThat(result.get()).isGreaterThan(100);
      }
    }
  }

  @Test
  void closingEndsAScanOfAnyLengthAtItsNextRow() throws Exception {
    put(ANY, "k1", "1");
    put(ANY, "k2", "2");
    Thread closer = Thread.ofPlatform().unstarted(store()::close);
    List<String> seen = new ArrayList<>();
    assertThatThrownBy(
            () ->
                store()
                    .scan(
                        ANY,
                        bytes("k"),
                        bytes("l"),
                        (key, value) -> {
                          seen.add(new String(key, UTF_8));
                          closer.start();
                          while (closer.getState() != Thread.State.WAITING) {
                            Thread.onSpinWait();
                          }
                          return true;
                        }))
        .isInstanceOf(ClosedException.class);
    closer.join();
    assertThat(seen).containsExactly("k1");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theLoadedLibraryLeavesNoFileBehindForAKilledProcessToLeak() throws Exception {
    assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
        .filteredOn(line -> line.contains("librocksdb"))
        .isNotEmpty()
        .allMatch(line -> line.endsWith("(deleted)"));
  }

  private static long tables(Path home) throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      return files
          .filter(file -> file.toString().endsWith(".sst"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  @Test
  void aSweepGivesBackWhatWasRemovedHereAndThereAndRewritesNothingForLess() throws Exception {
    Path home = directory.resolve("store");
    RocksStore store = (RocksStore) store();
    Random random = new Random(5);
    byte[] value = new byte[1_000];
    for (int i = 0; i < 20_000; i++) {
      random.nextBytes(value);
      put(ONCE, "key" + i, new String(value, StandardCharsets.ISO_8859_1));
    }
    store.flush();
    store.sweep();
    long full = tables(home);
    for (int i = 0; i < 20_000; i += 2) {
      remove(ONCE, "key" + i);
    }
    store.flush();
    store.sweep();
    assertThat(tables(home)).as("a half is not worth it").isGreaterThanOrEqualTo(full);
    for (int i = 1; i < 20_000; i += 2) {
      if (i % 5 != 0) {
        remove(ONCE, "key" + i);
      }
    }
    store.flush();
    store.sweep();
    assertThat(tables(home)).isLessThan(full / 2);
    assertThat(get(store, ONCE, "key5")).isPresent();
    assertThat(get(store, ONCE, "key1")).isEmpty();
  }

  @Test
  void manyFlushesOfRowsInTheOrderOfTimeLeaveFewFiles() throws Exception {
    RocksStore store = (RocksStore) store();
    int flushes = 400;
    for (int i = 0; i < flushes; i++) {
      Batch batch = store.begin();
      for (int row = 0; row < 20; row++) {
        batch.put(ONCE, bytes("%06d-%02d".formatted(i, row)), bytes("of a while ago"));
      }
      batch.put(ANY, bytes("total"), bytes(Integer.toString(i)));
      commit(batch);
      store.flush();
      if (i % 10 == 0) {
        store.merge();
      }
    }
    assertThat(files(".sst")).as("files").hasSizeLessThan(40);
    List<String> found = new ArrayList<>();
    store.scan(ONCE, bytes("0"), bytes("9"), (key, value) -> found.add(new String(key, UTF_8)));
    assertThat(found).hasSize(20 * flushes).isSorted();
  }

  @Test
  void mergingCopiesNoLargeAmountsOfWhatLiesInBlobFiles() throws Exception {
    RocksStore store = (RocksStore) store();
    byte[] value = new byte[1 << 20];
    Random random = new Random(9);
    for (int i = 0; i < 20; i++) {
      Batch batch = store.begin();
      for (int row = 0; row < 5; row++) {
        random.nextBytes(value);
        batch.put(BLOBS, bytes("%06d-%02d".formatted(i, row)), value);
      }
      commit(batch);
      store.flush();
    }
    List<String> before = files(".blob");
    assertThat(before).hasSizeGreaterThanOrEqualTo(20);
    store.merge();
    assertThat(files(".blob")).isEqualTo(before);
  }

  private List<String> files(String ending) throws IOException {
    try (Stream<Path> all = Files.list(directory.resolve("store"))) {
      return all.map(Path::toString).filter(name -> name.endsWith(ending)).sorted().toList();
    }
  }

  @Test
  void closingEndsASweep() throws Exception {
    RocksStore store = (RocksStore) store();
    byte[] value = new byte[1_000];
    Random random = new Random(7);
    for (int i = 0; i < 40_000; i++) {
      random.nextBytes(value);
      put(ONCE, "key" + i, new String(value, StandardCharsets.ISO_8859_1));
    }
    store.flush();
    for (int i = 0; i < 40_000; i++) {
      if (i % 4 != 0) {
        remove(ONCE, "key" + i);
      }
    }
    store.flush();
    Thread sweeping =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    store.sweep();
                  } catch (ClosedException e) {
                    assertThat(e).hasMessageContaining("closed");
                  }
                });
    store.close();
    sweeping.join();
    assertThatThrownBy(store::sweep).isInstanceOf(ClosedException.class);
  }

  @Test
  void aTableThatIsNotNamedIsRefusedByItsName() {
    store().close();
    assertThatThrownBy(
            () -> RocksStore.open(directory.resolve("store"), List.of(ANY, ONCE), memory))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("table blobs")
        .hasMessageContaining("version");
  }

  @Test
  void aTableThatIsAddedStartsEmpty() {
    put(ANY, "k", "1");
    store().close();
    Table added = new Table("added", Removal.ANY, false);
    List<Table> more = Stream.concat(TABLES.stream(), Stream.of(added)).toList();
    try (Store again = RocksStore.open(directory.resolve("store"), more, memory)) {
      assertThat(rows(again, added)).isEmpty();
      assertThat(get(again, ANY, "k")).contains("1");
    }
  }

  @Test
  void aDamagedFileIsReportedWithItsDirectoryAndWhatToDo() throws Exception {
    for (int i = 0; i < 2000; i++) {
      put(ANY, "key" + i, "value" + i);
    }
    store().close();
    Path home = directory.resolve("store");
    try (Stream<Path> files = Files.list(home)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".sst")).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < bytes.length - 100; i += 50) {
          bytes[i] ^= 0x55;
        }
        Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);
      }
    }
    assertThatThrownBy(
            () -> {
              try (Store again = open(home)) {
                rows(again, ANY);
              }
            })
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(home.toString())
        .hasMessageContaining("node rejoin");
  }

  /** All files as they lie there at one moment: what changes while they are copied is left. */
  private static Path copyOfFiles(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    while (true) {
      Map<String, Long> before = sizes(from);
      try {
        for (String file : before.keySet()) {
          Files.copy(from.resolve(file), to.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (sizes(from).equals(before)) {
          return to;
        }
      } catch (NoSuchFileException | UncheckedIOException e) {
        assertThat(e).as("a file that was removed meanwhile").hasMessageContaining(from.toString());
      }
      for (String file : sizes(to).keySet()) {
        Files.delete(to.resolve(file));
      }
    }
  }

  private static Map<String, Long> sizes(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.collect(
          Collectors.toMap(file -> file.getFileName().toString(), RocksStoreTest::size));
    }
  }

  private void remove(Table table, String key) {
    Batch batch = store().begin();
    batch.delete(table, bytes(key));
    commit(batch);
  }

  private static long size(Path file) {
    return file.toFile().length();
  }
}
