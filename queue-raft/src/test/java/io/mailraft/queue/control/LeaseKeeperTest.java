package io.mailraft.queue.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.RenewLeases;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** The leader's clock over leases, with a clock that the test moves. */
class LeaseKeeperTest {
  private static final Duration TERM = Duration.ofMillis(400);
  private static final Record JOIN =
      Record.newBuilder()
          .setJoinNode(JoinNode.newBuilder().setName("n1").setIncarnation(1))
          .build();

  private final ControlFold fold = new ControlFold();
  private final LocalGroup group = new LocalGroup();
  private final AtomicLong nanos = new AtomicLong();

  /** A group of one replica that applies what is proposed at once, or once it is told to. */
  private final class LocalGroup implements Group {
    private final MemoryStore store = new MemoryStore(fold.tables());
    private final List<Record> waiting = new ArrayList<>();
    private long index;
    private boolean broken;
    private boolean waits;

    LocalGroup() {
      fold.load(store);
    }

    @Override
    public synchronized CompletableFuture<Answer> propose(Record record) {
      if (broken) {
        broken = false;
        throw new IllegalStateException("not proposed");
      }
      if (waits) {
        waiting.add(record);
        return new CompletableFuture<>();
      }
      return CompletableFuture.completedFuture(apply(record));
    }

    /** Applies what waits, in the order of the proposals. */
    synchronized void applyWaiting() {
      waits = false;
      waiting.forEach(this::apply);
      waiting.clear();
    }

    private Answer apply(Record record) {
      Position at = new Position(1, ++index, index);
      Batch batch = store.begin();
      Answer answer =
          fold.apply(Entry.newBuilder().addRecords(record).build(), at, batch).getFirst();
      store.commit(batch, at);
      fold.applied(at);
      return answer;
    }

    @Override
    public String name() {
      return "control";
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
      return index;
    }

    @Override
    public CompletableFuture<Position> awaitApplied(long upTo) {
      return CompletableFuture.completedFuture(applied());
    }

    @Override
    public View view() {
      return store;
    }

    @Override
    public void stop(Throwable reason) {
      throw new AssertionError("there is nothing to stop", reason);
    }

    @Override
    public void onLeadership(Listener listener) {
      // The test calls the keeper itself.
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

  private long join() {
    return ((Answer.Accepted) group.propose(JOIN).join()).value();
  }

  private boolean live() {
    return fold.current().node("n1").orElseThrow().live();
  }

  private void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  @Test
  void i5_aLeaseLapsesAFullTermAfterItsLastRenewalAndNotBefore() throws InterruptedException {
    try (LeaseKeeper keeper = new LeaseKeeper(group, fold, TERM, nanos::get)) {
      keeper.start();
      keeper.leading(1);
      long epoch = join();
      advance(TERM.minusMillis(1));
      group.propose(renewal(epoch)).join();
      advance(TERM.minusMillis(1));
      keeper.round();
      assertThat(live()).isTrue();
      advance(Duration.ofMillis(1));
      await(() -> !live());
    }
  }

  private static Record renewal(long epoch) {
    return Record.newBuilder()
        .setRenew(
            RenewLeases.newBuilder().addLeases(LeaseRef.newBuilder().setNode(0).setEpoch(epoch)))
        .build();
  }

  @Test
  void i5_noLapseStandsBehindARenewalThatIsOnItsWay() {
    stays(LeaseKeeperTest::renewal);
  }

  @Test
  void i5_noLapseStandsBehindARepeatedJoinThatIsOnItsWay() {
    stays(_ -> JOIN);
  }

  /** The keeper is not started: what it knows of the record, it knows before it is applied. */
  private void stays(LongFunction<Record> again) {
    try (LeaseKeeper keeper = new LeaseKeeper(group, fold, TERM, nanos::get)) {
      keeper.leading(1);
      Record record = again.apply(join());
      keeper.round();
      group.waits = true;
      advance(TERM.minusMillis(1));
      keeper.proposing(record);
      var _ = group.propose(record);
      // The disk is slow: the record is applied when the term has ended.
      advance(Duration.ofMillis(1));
      keeper.round();
      group.applyWaiting();
      assertThat(live()).isTrue();
      advance(TERM.minusMillis(1));
      keeper.round();
      assertThat(live()).isFalse();
    }
  }

  @Test
  void i5_aNewLeaderWaitsAFullTermBecauseItDoesNotKnowTheLastRenewal() throws InterruptedException {
    join();
    advance(TERM.multipliedBy(10));
    try (LeaseKeeper keeper = new LeaseKeeper(group, fold, TERM, nanos::get)) {
      keeper.start();
      keeper.leading(2);
      keeper.round();
      assertThat(live()).isTrue();
      advance(TERM.minusMillis(1));
      keeper.round();
      assertThat(live()).isTrue();
      advance(Duration.ofMillis(1));
      await(() -> !live());
    }
  }

  @Test
  void aNodeThatDoesNotLeadLetsNothingLapse() {
    join();
    try (LeaseKeeper keeper = new LeaseKeeper(group, fold, TERM, nanos::get)) {
      keeper.leading(1);
      keeper.following(Optional.empty());
      advance(TERM.multipliedBy(2));
      keeper.round();
      assertThat(live()).isTrue();
    }
  }

  @Test
  void i5_aLeaseThatSlippedByTheTellingLapsesAllTheSameAfterAFullTerm() throws Exception {
    try (LeaseKeeper keeper = new LeaseKeeper(group, fold, TERM, nanos::get)) {
      // Not started: it hears of no renewal, as when the join came while it was being told.
      keeper.leading(1);
      join();
      keeper.round();
      advance(TERM.minusMillis(1));
      keeper.round();
      assertThat(live()).isTrue();
      advance(Duration.ofMillis(1));
      keeper.round();
      await(() -> !live());
    }
  }

  @Test
  void aRoundThatGoesWrongIsNotTheLast() throws Exception {
    try (LeaseKeeper keeper = new LeaseKeeper(group, fold, TERM, nanos::get)) {
      keeper.start();
      keeper.leading(1);
      join();
      synchronized (group) {
        group.broken = true;
        advance(TERM);
      }
      await(
          () -> {
            synchronized (group) {
              return !group.broken;
            }
          });
      assertThat(live()).as("its lapse was not proposed").isTrue();
      advance(TERM);
      await(() -> !live());
    }
  }
}
