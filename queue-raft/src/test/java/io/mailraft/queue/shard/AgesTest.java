package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.ReleaseDeferred;
import io.mailraft.api.log.RerouteDeliveries;
import io.mailraft.api.log.ReturnClaims;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.stored.StoredClaim;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.Answer;
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
import java.util.Optional;
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
    ages.add("z", START, 1);
    ages.add("z", START, 1);
    ages.add("z", START + 60_000, 1);
    ages.add("y", START + 30_000, 1);
    ages.add("z", START, -1);
    assertThat(ages.oldest().get("z")).isBetween(START - 1024, START);
    ages.add("z", START, -1);
    assertThat(ages.oldest().get("z")).isBetween(START + 60_000 - 1024, START + 60_000);
    ages.add("z", START + 60_000, -1);
    assertThat(ages.oldest()).containsOnlyKeys("y");
  }

  @Test
  void a_backlog_of_days_is_told_within_a_thousandth_of_its_age() {
    Random random = new Random(1);
    ArrayDeque<Long> waiting = new ArrayDeque<>();
    long now = START;
    for (int i = 0; i < 200_000; i++) {
      now += random.nextInt(5_000);
      ages.add("z", now, 1);
      waiting.add(now);
      if (random.nextInt(3) == 0) {
        ages.add("z", waiting.remove(), -1);
      }
    }
    for (; !waiting.isEmpty(); ages.add("z", waiting.remove(), -1)) {
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
    told.add("z", START, -1);
    told.add("y", START + 120_000, -1);
    told.add("x", START + 180_000, 1);
    assertThat(told.oldest()).isEmpty();
    counts.remove().run();
    assertThat(told.oldest().orElseThrow()).containsOnlyKeys("z", "x");
    assertThat(told.oldest().orElseThrow().get("z"))
        .isBetween(START + 60_000 - 1024, START + 60_000);
    told.add("z", START + 60_000, -1);
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
      told.add("z", START + i * 2048L, -1);
    }
    counts.remove().run();
    long last = START + (rows - 1) * 2048L;
    assertThat(told.oldest().orElseThrow().get("z")).isBetween(last - rows * 4L, last);
    told.add("z", last, -1);
    assertThat(told.oldest()).hasValue(Map.of());
  }

  @Test
  void a_count_that_another_follows_is_given_up() {
    MemoryStore store = new MemoryStore(Rows.ALL);
    fill(store);
    told.load(store);
    told.add("z", START, -1);
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
    told.add("z", START, 1);
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

  @Test
  void rows_of_messages_that_were_to_be_sent_later_count_from_then() {
    MemoryStore store = new MemoryStore(Rows.ALL);
    Lane soon = new Lane("soon", "d");
    put(
        store,
        Rows.DUE,
        Rows.due(START + 9_000_000, delivery(START)),
        Rows.dueValue(soon, Deliveries.NOT_YET));
    Lane queued = new Lane("queued", "d");
    put(
        store,
        Rows.READY,
        Rows.ready(queued, delivery(START + 1)),
        Rows.readyValue(START + 100_000));
    put(
        store,
        Rows.DUE,
        Rows.due(START + 300_000, delivery(START + 2)),
        Rows.dueValue(new Lane("deferred", "d"), START + 200_000));
    put(
        store,
        Rows.CLAIM,
        Rows.delivery(delivery(START + 3)),
        StoredClaim.newBuilder()
            .setZone("claimed")
            .setSinceMillis(START + 300_000)
            .build()
            .toByteArray());
    told.load(store);
    counts.remove().run();
    Map<String, Long> oldest = told.oldest().orElseThrow();
    assertThat(oldest).containsOnlyKeys("queued", "deferred", "claimed");
    assertThat(oldest.get("queued")).isBetween(START + 100_000 - 1024, START + 100_000);
    assertThat(oldest.get("deferred")).isBetween(START + 200_000 - 1024, START + 200_000);
    assertThat(oldest.get("claimed")).isBetween(START + 300_000 - 1024, START + 300_000);
  }

  /** A message to be sent later, and what is done with it. */
  private static final class Later implements AutoCloseable {
    private static final DeliveryRef REF =
        DeliveryRef.newBuilder()
            .setId(new MessageId(1, 0).toByteString())
            .setSeq(1)
            .setZone("z")
            .setDomain("d")
            .build();

    private final ShardFold fold = new ShardFold(0);
    private final LocalGroup group = new LocalGroup(fold);

    Later() {
      StoreMessage.Builder message =
          StoreMessage.newBuilder()
              .setId(REF.getId())
              .setBody(ByteString.copyFromUtf8("x"))
              .setEnvelope(Envelope.newBuilder().setSendAtMillis(START))
              .addRecipients(
                  Recipient.newBuilder().setSeq(1).setAddress("a@d").setZone("z").setDomain("d"));
      apply(Record.newBuilder().setStoreMessage(message));
    }

    void apply(Record.Builder record) {
      Answer answer = group.propose(record.build()).join();
      assertThat(answer).isInstanceOf(Answer.Accepted.class);
      ShardInvariants.check(group.view(), fold);
    }

    void order(OrderKind kind) {
      apply(
          Record.newBuilder()
              .setOrder(OrderDeliveries.newBuilder().setKind(kind).addDeliveries(REF)));
    }

    Optional<Long> oldest() {
      return Optional.ofNullable(fold.ages().oldest().orElseThrow().get("z"));
    }

    @Override
    public void close() {
      group.close();
    }
  }

  @Test
  void a_message_that_is_to_be_sent_later_counts_from_then_through_all_that_happens_to_it() {
    try (Later later = new Later()) {
      assertThat(later.oldest()).isEmpty();
      later.apply(
          Record.newBuilder().setRelease(ReleaseDeferred.newBuilder().addDeliveries(Later.REF)));
      long since = later.oldest().orElseThrow();
      assertThat(since).isBetween(START - 1024, START);
      later.apply(Record.newBuilder().setFence(FenceNode.newBuilder().setEpoch(5).setLive(true)));
      later.apply(
          Record.newBuilder()
              .setClaim(ClaimDeliveries.newBuilder().setEpoch(5).addDeliveries(Later.REF)));
      assertThat(later.fold.claims()).hasSize(1);
      later.apply(
          Record.newBuilder()
              .setReturnClaims(ReturnClaims.newBuilder().setEpoch(5).addDeliveries(Later.REF)));
      assertThat(later.oldest()).hasValue(since);
      later.apply(
          Record.newBuilder()
              .setReroute(RerouteDeliveries.newBuilder().setZone("y").addDeliveries(Later.REF)));
      assertThat(later.fold.ages().oldest()).hasValue(Map.of("y", since));
      later.order(OrderKind.HOLD);
      assertThat(later.fold.ages().oldest()).hasValue(Map.of());
      later.order(OrderKind.RESUME);
      assertThat(later.fold.ages().oldest()).hasValue(Map.of("y", since));
      later.order(OrderKind.CANCEL);
      assertThat(later.fold.ages().oldest()).hasValue(Map.of());
    }
  }

  @Test
  void an_order_to_send_now_what_was_to_be_sent_later_lets_it_count_from_the_order() {
    try (Later later = new Later()) {
      later.order(OrderKind.RESUME);
      assertThat(later.oldest()).hasValue(0L);
    }
    try (Later later = new Later()) {
      later.order(OrderKind.HOLD);
      assertThat(later.oldest()).isEmpty();
      later.order(OrderKind.RESUME);
      assertThat(later.oldest()).hasValue(0L);
    }
    try (Later later = new Later()) {
      later.order(OrderKind.CANCEL);
      assertThat(later.oldest()).isEmpty();
    }
  }
}
