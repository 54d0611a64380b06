package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.Record;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a node believes in its lease, with a leader that grants all and a replica that lags. */
class NodeLeaseTest {
  private static final long EPOCH = 5;
  private static final long JOINED = 10;
  private static final Duration TERM = Duration.ofMillis(200);

  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final AtomicLong now = new AtomicLong(1);
  private final AtomicLong committed = new AtomicLong(JOINED);
  private final ControlFold fold = new ControlFold();

  /** What waits for this replica to apply what came after the join. */
  private final List<CompletableFuture<Position>> applying = new CopyOnWriteArrayList<>();

  private final FakeDesk leader =
      new FakeDesk(
          record ->
              CompletableFuture.completedFuture(
                  new Answer.Accepted(
                      record.hasRenew() ? committed.incrementAndGet() : JOINED, EPOCH)),
          (desk, credit) -> {});

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private void applyJoin() {
    MemoryStore store = new MemoryStore(fold.tables());
    fold.load(store);
    Position at = new Position(1, JOINED, JOINED);
    Batch batch = store.begin();
    Record join =
        Record.newBuilder()
            .setJoinNode(JoinNode.newBuilder().setName("n1").setIncarnation(1))
            .build();
    fold.apply(Entry.newBuilder().addRecords(join).build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  private CompletableFuture<Position> applied(long index) {
    CompletableFuture<Position> done = new CompletableFuture<>();
    if (index > JOINED) {
      applying.add(done);
    } else {
      done.complete(Position.START);
    }
    return done;
  }

  @Test
  void i10_aRenewalCountsOnlyOnceThisNodeHasAppliedTheLogUpToIt() throws Exception {
    applyJoin();
    FakeDesk own = new FakeDesk(record -> new CompletableFuture<>(), (desk, credit) -> {});
    GroupClient control =
        new GroupClient(
            0, new FakeGroup(this::applied), own, Map.of(FakeGroup.LEADER, leader), timer);
    try (NodeLease lease =
        new NodeLease(
            control,
            fold,
            "n1",
            1,
            NodeAddresses.getDefaultInstance(),
            TERM,
            now::get,
            held -> {})) {
      lease.start();
      lease.first().get(Patience.MAX.toSeconds(), TimeUnit.SECONDS);
      assertThat(lease.alive(EPOCH)).isTrue();
      QueueCluster.await("a renewal that is not applied yet", () -> applying.size() == 1);
      now.addAndGet(TERM.toNanos());
      assertThat(lease.alive(EPOCH)).as("the term is over, and nothing was applied").isFalse();

      // Applied at last: the renewal counts from when it was asked for, which was long ago.
      applying.getFirst().complete(Position.START);
      QueueCluster.await("the next renewal", () -> applying.size() == 2);
      assertThat(lease.alive(EPOCH)).isFalse();
      assertThat(leader.proposed).as("a join and two renewals").hasSize(3);
      applying.getLast().complete(Position.START);
      QueueCluster.await("a lease that is alive", () -> lease.alive(EPOCH));
    }
    control.close();
  }
}
