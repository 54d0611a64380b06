package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much a follower is brought before it has applied it. */
@Timeout(60)
class BacklogTest {
  private static final int ENTRY_BYTES = 1000;

  private final Progress progress = new Progress();
  private final Backlog.Room room = new Backlog.Room(3 * ENTRY_BYTES);

  /** An entry that is committed. */
  private static AppendEntriesRequestProto append(long index) {
    return append(index, index);
  }

  private static AppendEntriesRequestProto append(long index, long committed) {
    return AppendEntriesRequestProto.newBuilder()
        .setLeaderCommit(committed)
        .addEntries(
            LogEntryProto.newBuilder()
                .setIndex(index)
                .setStateMachineLogEntry(
                    StateMachineLogEntryProto.newBuilder()
                        .setLogData(ByteString.copyFrom(new byte[ENTRY_BYTES]))))
        .build();
  }

  private void applied(long index) {
    progress.advance(new Position(1, index, 0));
    progress.tell();
  }

  @Test
  void i9_whatIsTooMuchWaitsUntilTheOldestIsApplied() throws Exception {
    Backlog backlog = new Backlog("shard-0", progress, room, Duration.ofMinutes(1));
    backlog.take(append(1));
    backlog.take(append(2));
    backlog.take(AppendEntriesRequestProto.getDefaultInstance());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> third =
          threads.submit(
              () -> {
                backlog.take(append(3));
                return true;
              });
      TestCluster.await("a request that waits", () -> progress.waiting() == 1);
      assertThat(third.isDone()).isFalse();
      applied(1);
      third.get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void i9_groupsShareTheRoomAndNoneWaitsForAnother() throws Exception {
    Progress other = new Progress();
    Backlog backlog = new Backlog("shard-0", progress, room, Duration.ofMinutes(1));
    Backlog beside = new Backlog("shard-1", other, room, Duration.ofMinutes(1));
    backlog.take(append(1));
    backlog.take(append(2));
    beside.take(append(1));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> second =
          threads.submit(
              () -> {
                beside.take(append(2));
                return true;
              });
      TestCluster.await("a request that waits", () -> other.waiting() == 1);
      assertThat(second.isDone()).isFalse();
      other.advance(new Position(1, 1, 0));
      other.tell();
      second.get(30, TimeUnit.SECONDS);
    }
    applied(2);
    beside.take(append(3));
    assertThat(other.waiting()).as("what another group applied makes room").isZero();
  }

  @Test
  void i9_whatTellsOfACommitIsNotHeldBackByWhatWaitsForIt() throws Exception {
    Backlog full = new Backlog("shard-0", new Progress(), room, Duration.ofMinutes(1));
    for (long index = 1; index <= 2; index++) {
      full.take(append(index));
    }
    Backlog backlog = new Backlog("control", progress, room, Duration.ofMinutes(1));
    backlog.take(append(1, 0));
    backlog.take(append(2, 1));
    assertThat(progress.waiting()).isZero();
  }

  @Test
  void oneThatIsBroughtAgainCountsOnceAndTheLargestAlwaysHasRoom() throws Exception {
    Backlog backlog = new Backlog("shard-0", progress, room, Duration.ofMinutes(1));
    for (int i = 0; i < 10; i++) {
      backlog.take(append(1));
    }
    applied(1);
    Backlog small = new Backlog("shard-0", progress, new Backlog.Room(1), Duration.ofMinutes(1));
    small.take(append(2));
  }

  @Test
  void whatWasBroughtTooEarlyDoesNotCountOnceTheLeaderGoesBack() throws Exception {
    Backlog backlog = new Backlog("shard-0", progress, room, Duration.ofMinutes(1));
    backlog.take(append(5000));
    backlog.take(append(5001));
    backlog.take(append(11));
    backlog.take(append(12));
    assertThat(progress.waiting()).isZero();
  }

  @Test
  void whereNothingIsAppliedForLongOrTheGroupEndsARequestPasses() throws Exception {
    Backlog backlog =
        new Backlog("shard-0", progress, new Backlog.Room(ENTRY_BYTES), Duration.ofMillis(50));
    backlog.take(append(1));
    backlog.take(append(2));
    assertThat(progress.waiting()).as("who gave up waits no more").isZero();
    progress.end(new IllegalStateException("over"));
    backlog.take(append(3));
  }
}
