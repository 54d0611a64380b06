package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.Record;
import io.mailraft.queue.Patience;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.raft.NotLeaderException;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A shard's replica whose disk stalls within an entry, beside a control group that goes on. */
class StalledShardTest {
  private final ControlFold control = new ControlFold();
  private final MemoryStore controlStore = new MemoryStore(control.tables());
  private final Shard shard =
      new Shard(
          0,
          "n1",
          new ShardSettings(Duration.ZERO, Duration.ofMinutes(1), Duration.ZERO, 1 << 20),
          InstantSource.system(),
          control);
  private final ShardFold fold = (ShardFold) shard.fold();
  private final LocalGroup group = new LocalGroup(fold);
  private final CountDownLatch goesOn = new CountDownLatch(1);
  private final ClaimSession session =
      new ClaimSession() {
        @Override
        public void handOut(ClaimDeliveries claims, long index) {}

        @Override
        public void lost() {}
      };
  private long index;

  @AfterEach
  void stop() {
    goesOn.countDown();
    shard.close();
    group.close();
  }

  /** The apply thread holds the fold's lock until {@link #goesOn}. */
  private Thread stall() throws InterruptedException {
    CountDownLatch within = new CountDownLatch(1);
    Thread applying =
        Thread.ofVirtual()
            .start(
                () -> {
                  Position at = new Position(1, 1, 1);
                  fold.apply(Entry.getDefaultInstance(), at, new MemoryStore(Rows.ALL).begin());
                  within.countDown();
                  try {
                    goesOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  fold.applied(at);
                });
    assertThat(within.await(Patience.MAX.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return applying;
  }

  private CompletableFuture<Shard.Attached> attach() {
    return shard.attach(0, 1, Map.of("default", 1), List.of(), List.of(), session);
  }

  private static Throwable trouble(CompletableFuture<Shard.Attached> attached) throws Exception {
    return attached
        .handle((open, trouble) -> trouble)
        .get(Patience.MAX.toSeconds(), TimeUnit.SECONDS);
  }

  private void join(String node) {
    Position at = new Position(1, ++index, index);
    control.apply(
        Entry.newBuilder()
            .addRecords(
                Record.newBuilder()
                    .setJoinNode(JoinNode.newBuilder().setName(node).setIncarnation(index)))
            .build(),
        at,
        controlStore.begin());
    control.applied(at);
  }

  @Test
  void neitherTheControlGroupNorWhoAttachesIsHeldUpByAShardThatWaitsForItsEntry()
      throws InterruptedException {
    shard.bind(group);
    shard.leading(1);
    CompletableFuture<Shard.Attached> waiting;
    Thread leases;
    synchronized (shard) { // As while it waits.
      waiting = attach();
      assertThat(waiting).isNotDone();
      leases = Thread.ofPlatform().start(() -> join("n2"));
      assertThat(leases.join(Patience.MAX)).as("applied").isTrue();
    }
    assertThat(control.current().node("n2")).isPresent();
    waiting.join().close();
  }

  @Test
  void whoAttachesToAShardThatStallsIsToldSoonAndMayTryAgain() throws Exception {
    shard.bind(group);
    shard.leading(1);
    Thread applying = stall();
    CompletableFuture<Shard.Attached> waiting = attach();
    assertThat(trouble(waiting)).hasMessageContaining("was not applied within PT1S");
    goesOn.countDown();
    assertThat(applying.join(Patience.MAX)).isTrue();
    attach().get(Patience.MAX.toSeconds(), TimeUnit.SECONDS).close();
  }

  @Test
  void aLeaderThatCouldNotStartIsStartedAgainWhileThisNodeLeads() throws Exception {
    shard.bind(group);
    Thread applying = stall();
    shard.leading(1);
    assertThat(trouble(attach())).isInstanceOf(NotLeaderException.class);
    goesOn.countDown();
    assertThat(applying.join(Patience.MAX)).isTrue();
    long end = System.nanoTime() + Patience.MAX.toNanos();
    CompletableFuture<Boolean> open = CompletableFuture.completedFuture(false);
    while (!open.get(Patience.MAX.toSeconds(), TimeUnit.SECONDS)) {
      assertThat(System.nanoTime() - end).as("time left").isNegative();
      open = attach().handle((attached, trouble) -> trouble == null);
    }
  }
}
