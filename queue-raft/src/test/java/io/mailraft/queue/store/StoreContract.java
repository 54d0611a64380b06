package io.mailraft.queue.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.Table.Removal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store does. */
abstract class StoreContract {
  static final Table ONCE = new Table("once", Removal.ONCE, false);
  static final Table ANY = new Table("any", Removal.ANY, false);
  static final Table BLOBS = new Table("blobs", Removal.ONCE, true);
  static final List<Table> TABLES = List.of(ONCE, ANY, BLOBS);

  @TempDir Path directory;
  private Store store;
  private long index;

  /** Opens a store in a directory that may hold a checkpoint or a closed store. */
  abstract Store open(Path directory);

  @BeforeEach
  void openStore() {
    store = open(directory.resolve("store"));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void anEmptyStoreStandsBeforeTheFirstEntryAndHoldsNothing() {
    assertThat(store.applied()).isEqualTo(Position.START);
    assertThat(store.get(ANY, bytes("k"))).isEmpty();
    assertThat(rows(store, ANY)).isEmpty();
  }

  @Test
  void committedRowsAreReadAndTheAppliedPositionMoves() {
    Batch batch = store.begin();
    batch.put(ANY, bytes("k"), bytes("v"));
    store.commit(batch, new Position(3, 17, 1234));

    assertThat(get(store, ANY, "k")).contains("v");
    assertThat(store.applied()).isEqualTo(new Position(3, 17, 1234));
  }

  @Test
  void aBatchSeesItsOwnWritesAndOthersDoNotBeforeTheCommit() {
    put(ANY, "old", "1");
    Batch batch = store.begin();
    batch.put(ANY, bytes("new"), bytes("2"));
    batch.delete(ANY, bytes("old"));

    assertThat(get(batch, ANY, "new")).contains("2");
    assertThat(get(batch, ANY, "old")).isEmpty();
    assertThat(get(store, ANY, "new")).isEmpty();
    assertThat(get(store, ANY, "old")).contains("1");
    assertThat(rows(batch, ANY)).containsExactly("old=1");
  }

  @Test
  void aScanGoesUpInUnsignedOrderFromInclusiveToExclusiveAndEndsWhenTold() {
    Batch batch = store.begin();
    for (int first : new int[] {0xff, 0x80, 0x7f, 0x00}) {
      batch.put(ANY, new byte[] {(byte) first}, bytes("x"));
    }
    commit(batch);

    List<Integer> seen = new ArrayList<>();
    store.scan(
        ANY, new byte[] {0}, new byte[] {(byte) 0xff}, (key, value) -> seen.add(key[0] & 0xff));
    assertThat(seen).containsExactly(0, 0x7f, 0x80);

    seen.clear();
    store.scan(
        ANY,
        new byte[] {1},
        new byte[] {(byte) 0xff, 0},
        (key, value) -> {
          seen.add(key[0] & 0xff);
          return seen.size() < 2;
        });
    assertThat(seen).containsExactly(0x7f, 0x80);

    seen.clear();
    store.scan(ANY, new byte[] {9}, new byte[] {1}, (key, value) -> seen.add(1));
    assertThat(seen).isEmpty();
  }

  @Test
  void aScanDownGoesFromTheLastKeyBeforeTheExclusiveEndToTheInclusiveStartAndEndsWhenTold() {
    Batch batch = store.begin();
    for (int first : new int[] {0xff, 0x80, 0x7f, 0x00}) {
      batch.put(ANY, new byte[] {(byte) first}, bytes("x"));
    }
    commit(batch);

    List<Integer> seen = new ArrayList<>();
    store.scanDown(
        ANY, new byte[] {0x7f}, new byte[] {(byte) 0xff}, (key, value) -> seen.add(key[0] & 0xff));
    assertThat(seen).containsExactly(0x80, 0x7f);

    seen.clear();
    try (Store.Frozen frozen = store.freeze()) {
      frozen.scanDown(
          ANY,
          new byte[] {0},
          new byte[] {(byte) 0xff, 0},
          (key, value) -> {
            seen.add(key[0] & 0xff);
            return seen.size() < 2;
          });
    }
    assertThat(seen).containsExactly(0xff, 0x80);

    seen.clear();
    store.scanDown(ANY, new byte[] {9}, new byte[] {1}, (key, value) -> seen.add(1));
    assertThat(seen).isEmpty();
  }

  @Test
  void aKeyOfAnOnceTableMayTakeEveryLegalPathWithinABatchAndAcrossBatches() {
    Batch batch = store.begin();
    batch.put(ONCE, bytes("k"), bytes("1"));
    batch.delete(ONCE, bytes("k"));
    commit(batch);
    assertThat(rows(store, ONCE)).isEmpty();

    batch = store.begin();
    batch.put(ONCE, bytes("k"), bytes("2"));
    batch.delete(ONCE, bytes("k"));
    batch.put(ONCE, bytes("k"), bytes("3"));
    commit(batch);
    assertThat(rows(store, ONCE)).containsExactly("k=3");

    batch = store.begin();
    batch.delete(ONCE, bytes("k"));
    batch.put(ONCE, bytes("k"), bytes("4"));
    commit(batch);
    assertThat(rows(store, ONCE)).containsExactly("k=4");

    batch = store.begin();
    batch.delete(ONCE, bytes("k"));
    batch.put(ONCE, bytes("k"), bytes("5"));
    batch.delete(ONCE, bytes("k"));
    batch.delete(ONCE, bytes("k"));
    commit(batch);
    store.checkpoint(directory.resolve("copy"));
    assertThat(rows(store, ONCE)).isEmpty();
    assertThat(get(store, ONCE, "k")).isEmpty();
  }

  @Test
  void randomBatchesLeaveTheSameRowsAsAMapWould() {
    long seed = 20261121;
    Random random = new Random(seed);
    TreeMap<String, String> once = new TreeMap<>();
    TreeMap<String, String> any = new TreeMap<>();
    for (int round = 0; round < 400; round++) {
      Batch batch = store.begin();
      for (int step = random.nextInt(12); step > 0; step--) {
        String key = "k" + random.nextInt(20);
        String value = round + "." + step;
        boolean put = random.nextBoolean();
        if (random.nextBoolean()) {
          change(batch, ANY, any, key, put ? value : null);
        } else {
          // Puts and deletes of a key alternate, as the table asks.
          change(batch, ONCE, once, key, once.containsKey(key) ? null : value);
        }
        assertThat(get(batch, ANY, key)).isEqualTo(Optional.ofNullable(any.get(key)));
        assertThat(get(batch, ONCE, key)).isEqualTo(Optional.ofNullable(once.get(key)));
      }
      commit(batch);
      if (round % 100 == 50) {
        store.checkpoint(directory.resolve("copy" + round));
      }
      assertThat(rows(store, ANY)).as("seed %d round %d", seed, round).isEqualTo(lines(any));
      assertThat(rows(store, ONCE)).as("seed %d round %d", seed, round).isEqualTo(lines(once));
    }
  }

  @Test
  void aValueOfOneMebibyteComesBackWhole() {
    byte[] body = new byte[1 << 20];
    new Random(7).nextBytes(body);
    Batch batch = store.begin();
    batch.put(BLOBS, bytes("body"), body);
    commit(batch);
    store.checkpoint(directory.resolve("copy"));

    assertThat(store.get(BLOBS, bytes("body")))
        .hasValueSatisfying(is -> assertThat(is).isEqualTo(body));
  }

  @Test
  void aFrozenStateDoesNotSeeLaterWrites() {
    put(ANY, "k", "1");
    Position then = store.applied();
    try (Store.Frozen frozen = store.freeze()) {
      put(ANY, "k", "2");
      put(ANY, "l", "3");

      assertThat(get(frozen, ANY, "k")).contains("1");
      assertThat(rows(frozen, ANY)).containsExactly("k=1");
      assertThat(frozen.applied()).isEqualTo(then);
    }
    assertThat(rows(store, ANY)).containsExactly("k=2", "l=3");
  }

  @Test
  void aCheckpointIsACopyThatOpensWithItsPosition() {
    put(ANY, "k", "1");
    put(ONCE, "o", "2");
    Path copy = directory.resolve("copy");
    Position at = store.checkpoint(copy);
    put(ANY, "k", "later");

    assertThat(at).isEqualTo(new Position(1, 2, 2000));
    try (Store opened = open(copy)) {
      assertThat(opened.applied()).isEqualTo(at);
      assertThat(rows(opened, ANY)).containsExactly("k=1");
      assertThat(rows(opened, ONCE)).containsExactly("o=2");
    }
  }

  @Test
  void aCheckpointOverAnExistingDirectoryIsRefused() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("copy"));
    assertThatThrownBy(() -> store.checkpoint(copy))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("copy");
  }

  @Test
  void aClosedStoreRefusesEverythingInsteadOfCrashing() {
    put(ANY, "k", "1");
    Store.Frozen frozen = store.freeze();
    Batch batch = store.begin();
    batch.put(ANY, bytes("l"), bytes("2"));
    store.close();
    store.close();

    assertThatThrownBy(() -> store.get(ANY, bytes("k"))).isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> store.scan(ANY, bytes("a"), bytes("z"), (k, v) -> true))
        .isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> store.commit(batch, new Position(1, 9, 9)))
        .isInstanceOf(StoreException.class);
    assertThatThrownBy(store::freeze).isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> store.checkpoint(directory.resolve("copy")))
        .isInstanceOf(StoreException.class);
    frozen.close();
  }

  @Test
  void aBatchIsCommittedOnce() {
    Batch batch = store.begin();
    commit(batch);
    assertThatThrownBy(() -> commit(batch)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> batch.put(ANY, bytes("k"), bytes("v")))
        .isInstanceOf(IllegalStateException.class);
  }

  Store store() {
    return store;
  }

  void put(Table table, String key, String value) {
    Batch batch = store.begin();
    batch.put(table, bytes(key), bytes(value));
    commit(batch);
  }

  void commit(Batch batch) {
    index++;
    store.commit(batch, new Position(1, index, index * 1000));
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static Optional<String> get(View view, Table table, String key) {
    return view.get(table, bytes(key)).map(value -> new String(value, UTF_8));
  }

  static List<String> rows(View view, Table table) {
    List<String> rows = new ArrayList<>();
    byte[] end = new byte[8];
    Arrays.fill(end, (byte) 0xff);
    view.scan(
        table,
        new byte[0],
        end,
        (key, value) -> rows.add(new String(key, UTF_8) + "=" + new String(value, UTF_8)));
    return rows;
  }

  private static void change(
      Batch batch, Table table, Map<String, String> model, String key, @Nullable String value) {
    if (value == null) {
      batch.delete(table, bytes(key));
      model.remove(key);
    } else {
      batch.put(table, bytes(key), bytes(value));
      model.put(key, value);
    }
  }

  private static List<String> lines(Map<String, String> model) {
    return model.entrySet().stream().map(row -> row.getKey() + "=" + row.getValue()).toList();
  }
}
