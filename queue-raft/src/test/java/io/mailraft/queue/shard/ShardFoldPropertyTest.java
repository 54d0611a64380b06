package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.log.Entry;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Folds random logs and checks the invariants after every record. A seed that finds something is
 * printed with it.
 */
class ShardFoldPropertyTest {
  private static final int SEEDS = Integer.getInteger("mailraft.property.seeds", 60);
  private static final int ENTRIES = 150;

  /** A replica without Raft. */
  private static final class Replica {
    private final ShardFold fold = new ShardFold(0);
    private final Store store;
    private final UnaryOperator<Batch> fault;

    Replica(Store store, UnaryOperator<Batch> fault) {
      this.store = store;
      this.fault = fault;
      fold.load(store);
    }

    Replica() {
      this(new MemoryStore(Rows.ALL), UnaryOperator.identity());
    }

    void apply(Entry entry, long index) {
      Position before = store.applied();
      Position at = new Position(1, index, Math.max(before.stampMillis(), entry.getStampMillis()));
      Batch batch = store.begin();
      fold.apply(entry, at, fault.apply(batch));
      store.commit(batch, at);
      fold.applied(at);
    }

    void check() {
      ShardInvariants.check(store, fold);
    }
  }

  /** Each record as an entry of its own, so that the check is after every record. */
  private static List<Entry> log(long seed) {
    RandomLog random = new RandomLog(seed);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < ENTRIES; i++) {
      Entry entry = random.entry();
      entry
          .getRecordsList()
          .forEach(
              record ->
                  entries.add(
                      Entry.newBuilder()
                          .setStampMillis(entry.getStampMillis())
                          .addRecords(record)
                          .build()));
    }
    return entries;
  }

  private static void run(long seed, UnaryOperator<Batch> fault) {
    Replica replica = new Replica(new MemoryStore(Rows.ALL), fault);
    List<Entry> log = log(seed);
    TimelineInvariants timelines = new TimelineInvariants();
    for (int i = 0; i < log.size(); i++) {
      try {
        replica.apply(log.get(i), i);
        replica.check();
        timelines.check(replica.store, log.get(i), i);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ", record " + i + ": " + log.get(i), e);
      }
    }
  }

  @Test
  void i2_i3_i4_holdAfterEveryRecordOfRandomLogs() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      run(seed, UnaryOperator.identity());
    }
  }

  @Test
  void i8_entriesOfSeveralRecordsGiveTheSameStateAsOneByOneForEveryReplica() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      RandomLog random = new RandomLog(seed);
      Replica one = new Replica();
      Replica two = new Replica();
      for (int i = 0; i < ENTRIES; i++) {
        Entry entry = random.entry();
        one.apply(entry, i);
        two.apply(entry, i);
        one.check();
      }
      assertThat(ShardInvariants.dump(one.store))
          .as("seed %d", seed)
          .isEqualTo(ShardInvariants.dump(two.store));
    }
  }

  @Test
  void i8_snapshotAndTailGiveTheSameStateAsTheWholeLog(@TempDir Path directory) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      List<Entry> log = log(seed);
      int cut = new Random(seed).nextInt(log.size());
      Path snapshot = directory.resolve("snapshot-" + seed);
      Replica whole = new Replica();
      for (int i = 0; i < log.size(); i++) {
        if (i == cut) {
          whole.store.checkpoint(snapshot);
        }
        whole.apply(log.get(i), i);
      }
      Replica tail = new Replica(MemoryStore.open(snapshot, Rows.ALL), UnaryOperator.identity());
      for (int i = cut; i < log.size(); i++) {
        tail.apply(log.get(i), i);
      }
      tail.check();
      assertThat(ShardInvariants.dump(tail.store))
          .as("seed %d, cut at %d", seed, cut)
          .isEqualTo(ShardInvariants.dump(whole.store));
    }
  }

  @Test
  void randomLogsReachEveryState() {
    EnumSet<DeliveryState> reached = EnumSet.noneOf(DeliveryState.class);
    boolean claimed = false;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Replica replica = new Replica();
      List<Entry> log = log(seed);
      for (int i = 0; i < log.size(); i++) {
        replica.apply(log.get(i), i);
        claimed |= !replica.fold.claims().isEmpty();
        replica.store.scan(
            Rows.DELIVERY,
            Rows.FIRST,
            new byte[] {-1},
            (key, value) -> {
              reached.add(
                  Deliveries.find(Rows.lastDelivery(key), replica.store).orElseThrow().getState());
              return true;
            });
      }
    }
    assertThat(claimed).isTrue();
    assertThat(reached)
        .containsExactlyInAnyOrderElementsOf(
            EnumSet.complementOf(
                EnumSet.of(DeliveryState.DELIVERY_STATE_UNSPECIFIED, DeliveryState.UNRECOGNIZED)));
  }

  /** A batch that loses or adds writes, to show that the checks see it. */
  private record FaultyBatch(Batch batch, Optional<Table> losesPuts, Optional<Table> losesDeletes)
      implements Batch {
    @Override
    public void put(Table table, byte[] key, byte[] value) {
      if (!losesPuts.equals(Optional.of(table))) {
        batch.put(table, key, value);
      }
    }

    @Override
    public void delete(Table table, byte[] key) {
      if (!losesDeletes.equals(Optional.of(table))) {
        batch.delete(table, key);
      }
    }

    @Override
    public Optional<byte[]> get(Table table, byte[] key) {
      return batch.get(table, key);
    }

    @Override
    public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
      batch.scan(table, from, to, visitor);
    }

    @Override
    public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
      batch.scanDown(table, from, to, visitor);
    }
  }

  private static void assertCaught(Optional<Table> losesPuts, Optional<Table> losesDeletes) {
    assertThatThrownBy(
            () -> {
              for (long seed = 1; seed <= SEEDS; seed++) {
                run(seed, batch -> new FaultyBatch(batch, losesPuts, losesDeletes));
              }
            })
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void i3_aLostChunkIsCaught() {
    assertCaught(Optional.of(Rows.BODY), Optional.empty());
  }

  @Test
  void i4_aDeliveryThatStaysQueuedWhenItIsClaimedIsCaught() {
    assertCaught(Optional.empty(), Optional.of(Rows.READY));
  }

  @Test
  void i2_aLostDeferralIsCaught() {
    assertCaught(Optional.of(Rows.DUE), Optional.empty());
  }

  @Test
  void i2_aLostEndIsCaught() {
    assertCaught(Optional.of(Rows.ENDED), Optional.empty());
  }

  @Test
  void aLostEventIsCaught() {
    assertCaught(Optional.of(Rows.EVENT), Optional.empty());
  }

  @Test
  void anEventThatOutlivesItsMessageIsCaught() {
    assertCaught(Optional.empty(), Optional.of(Rows.EVENT));
  }

  @Test
  void aStreamThatMissesAnEntryIsCaught() {
    assertCaught(Optional.of(Rows.FEED), Optional.empty());
  }

  @Test
  void aMessageThatSearchDoesNotFindIsCaught() {
    assertCaught(Optional.of(Rows.FIND), Optional.empty());
  }

  @Test
  void i8_aReplicaThatLosesOneWriteIsCaught() {
    Replica one = new Replica();
    Replica two =
        new Replica(
            new MemoryStore(Rows.ALL),
            batch -> new FaultyBatch(batch, Optional.of(Rows.COUNTER), Optional.empty()));
    List<Entry> log = log(1);
    for (int i = 0; i < log.size(); i++) {
      one.apply(log.get(i), i);
      two.apply(log.get(i), i);
    }
    assertThat(ShardInvariants.dump(one.store)).isNotEqualTo(ShardInvariants.dump(two.store));
  }
}
