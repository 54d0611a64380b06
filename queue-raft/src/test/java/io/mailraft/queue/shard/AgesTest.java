package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.stored.StoredClaim;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.RocksStore;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How old the oldest delivery of a zone is. */
class AgesTest {
  private static final long START = 1_700_000_000_000L;

  private final ZoneAges ages = new ZoneAges();
  private final ArrayDeque<Runnable> counts = new ArrayDeque<>();
  private final Ages told = new Ages(0, counts::add);

  private static MessageId at(long millis) {
    return new MessageId(millis << 20, 0);
  }

  @Test
  void the_oldest_counts_until_it_is_gone() {
    ages.add("z", at(START), 1);
    ages.add("z", at(START), 1);
    ages.add("z", at(START + 60_000), 1);
    ages.add("y", at(START + 30_000), 1);
    ages.add("z", at(START), -1);
    assertThat(ages.oldest().get("z")).isBetween(START - 1024, START);
    ages.add("z", at(START), -1);
    assertThat(ages.oldest().get("z")).isBetween(START + 60_000 - 1024, START + 60_000);
    ages.add("z", at(START + 60_000), -1);
    assertThat(ages.oldest()).containsOnlyKeys("y");
  }

  @Test
  void a_backlog_of_days_is_told_within_a_thousandth_of_its_age() {
    Random random = new Random(1);
    ArrayDeque<Long> waiting = new ArrayDeque<>();
    long now = START;
    for (int i = 0; i < 200_000; i++) {
      now += random.nextInt(5_000);
      ages.add("z", at(now), 1);
      waiting.add(now);
      if (random.nextInt(3) == 0) {
        ages.add("z", at(waiting.remove()), -1);
      }
    }
    for (; !waiting.isEmpty(); ages.add("z", at(waiting.remove()), -1)) {
      long oldest = ages.oldest().getOrDefault("z", Long.MAX_VALUE);
      assertThat(oldest).isLessThanOrEqualTo(waiting.peek());
      assertThat(waiting.peek() - oldest)
          .isLessThanOrEqualTo(Math.max(1024, (now - START) / (ZoneAges.STEPS_MAX / 2)));
    }
    assertThat(ages.oldest()).isEmpty();
  }

  private static DeliveryId delivery(long millis) {
    return new DeliveryId(at(millis), 1);
  }

  private static void put(Store store, Table table, byte[] key, byte[] value) {
    Batch batch = store.begin();
    batch.put(table, key, value);
    store.commit(batch, new Position(1, store.applied().index() + 1, 1));
  }

  /** A store with a queued, a claimed and a deferred delivery, the queued one oldest. */
  private static void fill(Store store) {
    put(store, Rows.READY, Rows.ready(new Lane("z", "d"), delivery(START)), Rows.NONE);
    put(
        store,
        Rows.CLAIM,
        Rows.delivery(delivery(START + 60_000)),
        StoredClaim.newBuilder().setZone("z").setDomain("d").build().toByteArray());
    put(store, Rows.DUE, Rows.due(START, delivery(START + 120_000)), Rows.lane(new Lane("y", "d")));
  }

  @Test
  void changes_during_the_count_count_too_and_nothing_is_told_before_it_is_done() {
    MemoryStore store = new MemoryStore(Rows.ALL);
    fill(store);
    assertThat(told.oldest()).isEmpty();
    told.load(store);
    told.add("z", at(START), -1);
    told.add("y", at(START + 120_000), -1);
    told.add("x", at(START + 180_000), 1);
    assertThat(told.oldest()).isEmpty();
    counts.remove().run();
    assertThat(told.oldest().orElseThrow()).containsOnlyKeys("z", "x");
    assertThat(told.oldest().orElseThrow().get("z"))
        .isBetween(START + 60_000 - 1024, START + 60_000);
    told.add("z", at(START + 60_000), -1);
    assertThat(told.oldest().orElseThrow()).containsOnlyKeys("x");
  }

  @Test
  void a_deep_queue_is_counted_page_by_page() {
    MemoryStore store = new MemoryStore(Rows.ALL);
    int rows = 2 * AgeCount.PAGE_ROWS + 10;
    Batch batch = store.begin();
    for (int i = 0; i < rows; i++) {
      batch.put(Rows.READY, Rows.ready(new Lane("z", "d"), delivery(START + i * 2048L)), Rows.NONE);
    }
    store.commit(batch, new Position(1, 1, 1));
    told.load(store);
    for (int i = 0; i < rows - 1; i++) {
      told.add("z", at(START + i * 2048L), -1);
    }
    counts.remove().run();
    long last = START + (rows - 1) * 2048L;
    assertThat(told.oldest().orElseThrow().get("z")).isBetween(last - rows * 4L, last);
    told.add("z", at(last), -1);
    assertThat(told.oldest()).hasValue(Map.of());
  }

  @Test
  void a_count_that_another_follows_is_given_up() {
    MemoryStore store = new MemoryStore(Rows.ALL);
    fill(store);
    told.load(store);
    told.add("z", at(START), -1);
    MemoryStore installed = new MemoryStore(Rows.ALL);
    put(installed, Rows.DUE, Rows.due(START, delivery(START)), Rows.lane(new Lane("w", "d")));
    told.load(installed);
    counts.remove().run();
    assertThat(told.oldest()).isEmpty();
    counts.remove().run();
    assertThat(told.oldest().orElseThrow()).containsOnlyKeys("w");
  }

  @Test
  void a_row_that_no_shard_writes_leaves_the_age_untold_until_the_next_load() {
    MemoryStore store = new MemoryStore(Rows.ALL);
    fill(store);
    byte[] strange = {'z', 0, 'z', 0, 1};
    put(store, Rows.READY, strange, Rows.NONE);
    told.load(store);
    counts.remove().run();
    told.add("z", at(START), 1);
    assertThat(told.oldest()).isEmpty();
    Batch batch = store.begin();
    batch.delete(Rows.READY, strange);
    store.commit(batch, new Position(1, 9, 1));
    told.load(store);
    counts.remove().run();
    assertThat(told.oldest().orElseThrow()).containsOnlyKeys("z", "y");
  }

  @Test
  void a_database_that_is_closed_ends_the_count(@TempDir Path directory) throws Exception {
    try (RocksMemory memory = new RocksMemory(RocksMemory.BYTES_MIN)) {
      RocksStore store = RocksStore.open(directory.resolve("db"), Rows.ALL, memory);
      Batch batch = store.begin();
      for (int i = 0; i < 20 * AgeCount.PAGE_ROWS; i++) {
        batch.put(Rows.READY, Rows.ready(new Lane("z", "d"), delivery(START + i)), Rows.NONE);
      }
      store.commit(batch, new Position(1, 1, 1));
      told.load(store);
      Thread counting = Thread.ofPlatform().start(counts.remove());
      told.load(store);
      store.close();
      counting.join();
      counts.remove().run();
      assertThat(told.oldest()).isEmpty();
    }
  }
}
