package io.mailraft.queue.shard;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;

/** A group of one replica without a log: what is proposed is applied, in order, on one thread. */
final class LocalGroup implements Group, AutoCloseable {
  private final MemoryStore store = new MemoryStore(Rows.ALL);
  private final ShardFold fold;
  private final ExecutorService applying =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());
  private volatile Optional<Throwable> stopped = Optional.empty();
  private long index;
  private volatile Companion companion = Companion.NONE;

  LocalGroup(ShardFold fold) {
    this.fold = fold;
    fold.load(store);
  }

  @Override
  public CompletableFuture<Answer> propose(Record record) {
    return CompletableFuture.supplyAsync(() -> apply(record), applying);
  }

  private Answer apply(Record record) {
    Position at = new Position(1, ++index, index);
    List<Added> added = companion.join(List.of(record));
    Entry.Builder entry = Entry.newBuilder().addRecords(record);
    added.forEach(one -> entry.addRecords(one.record()));
    Batch batch = store.begin();
    List<Answer> answers = fold.apply(entry.build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
    for (int i = 0; i < added.size(); i++) {
      added.get(i).answer().complete(answers.get(i + 1));
    }
    return answers.getFirst();
  }

  @Override
  public void accompany(Companion next) {
    companion = next;
  }

  /** Changes a row behind the fold's back. */
  void overwrite(Table table, byte[] key, byte[] value) {
    Batch batch = store.begin();
    // A row that is written once is removed before.
    batch.delete(table, key);
    store.commit(batch, new Position(1, ++index, index));
    Batch again = store.begin();
    again.put(table, key, value);
    store.commit(again, new Position(1, ++index, index));
  }

  /** Removes a row behind the fold's back. */
  void remove(Table table, byte[] key) {
    Batch batch = store.begin();
    batch.delete(table, key);
    store.commit(batch, new Position(1, ++index, index));
  }

  int rows(Table table) {
    int[] rows = {0};
    store.scan(
        table,
        Rows.FIRST,
        new byte[] {-1},
        (key, value) -> {
          rows[0]++;
          return true;
        });
    return rows[0];
  }

  @Override
  public String name() {
    return "shard-0";
  }

  @Override
  public boolean leading() {
    return true;
  }

  @Override
  public Optional<String> leader() {
    return Optional.of("n1");
  }

  @Override
  public long term() {
    return 1;
  }

  @Override
  public Position applied() {
    return store.applied();
  }

  @Override
  public long committedIndex() {
    return store.applied().index();
  }

  @Override
  public CompletableFuture<Position> awaitApplied(long upTo) {
    return CompletableFuture.completedFuture(applied());
  }

  @Override
  public View view() {
    return store;
  }

  /** Why the replica was told to stop. */
  Optional<Throwable> stopped() {
    return stopped;
  }

  @Override
  public void stop(Throwable reason) {
    stopped = Optional.of(reason);
  }

  @Override
  public void onLeadership(Listener listener) {
    // It always leads.
  }

  @Override
  public void onChecksum(BiConsumer<Long, Store.Frozen> taker) {
    // No checksums here.
  }

  @Override
  public void close() {
    applying.shutdownNow();
  }
}
