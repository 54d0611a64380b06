package io.mailraft.queue;

import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.raft.NotLeaderException;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.View;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;

/** A group that another node leads, always. */
final class FakeGroup implements Group {
  static final String LEADER = "n2";

  private final LongFunction<CompletableFuture<Position>> applied;

  FakeGroup() {
    this(index -> CompletableFuture.completedFuture(Position.START));
  }

  /**
   * @param applied completes once this replica has applied an index
   */
  FakeGroup(LongFunction<CompletableFuture<Position>> applied) {
    this.applied = applied;
  }

  @Override
  public String name() {
    return "shard-0";
  }

  @Override
  public CompletableFuture<Answer> propose(Record record) {
    return CompletableFuture.failedFuture(new NotLeaderException(name(), leader()));
  }

  @Override
  public boolean leading() {
    return false;
  }

  @Override
  public Optional<String> leader() {
    return Optional.of(LEADER);
  }

  @Override
  public long term() {
    return 1;
  }

  @Override
  public Position applied() {
    return Position.START;
  }

  @Override
  public long committedIndex() {
    return 0;
  }

  @Override
  public CompletableFuture<Position> awaitApplied(long index) {
    return applied.apply(index);
  }

  @Override
  public View view() {
    throw new IllegalStateException("there is no state");
  }

  @Override
  public void stop(Throwable reason) {
    throw new AssertionError("there is nothing to stop", reason);
  }

  @Override
  public void onLeadership(Listener listener) {
    // It never changes.
  }

  @Override
  public void accompany(Companion companion) {
    // Nobody joins.
  }

  @Override
  public void onChecksum(BiConsumer<Long, Store.Frozen> taker) {
    // No checksums here.
  }
}
