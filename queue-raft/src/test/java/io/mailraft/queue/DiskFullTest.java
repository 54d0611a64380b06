package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.link.Explained;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.link.DiskFullException;
import io.mailraft.queue.raft.NotLeaderException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk of which all is asked to stay free, which no disk can give. */
class DiskFullTest {
  @TempDir private Path directory;
  private final FakeGroup group = new FakeGroup();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private OwnDesk desk(long minFreeBytes) throws IOException {
    return new OwnDesk(
        List.of(group, group),
        List.of(),
        List.of(),
        new DiskGuard(directory, minFreeBytes),
        new KnownRecords(List::of),
        record -> {},
        asks -> {},
        asks -> {},
        question -> CompletableFuture.completedFuture(Explained.getDefaultInstance()));
  }

  private static Record message() {
    return Record.newBuilder()
        .setStoreMessage(StoreMessage.newBuilder().setId(new MessageId(1, 0).toByteString()))
        .build();
  }

  private static Record chunk() {
    return Record.newBuilder()
        .setStoreChunk(StoreChunk.newBuilder().setId(new MessageId(1, 0).toByteString()))
        .build();
  }

  @Test
  void aLeaderWithAFullDiskRefusesMailAndStillTakesOutcomes() throws Exception {
    OwnDesk desk = desk(Long.MAX_VALUE);
    for (Record record : List.of(message(), chunk())) {
      assertThatThrownBy(() -> desk.propose(1, record).get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(DiskFullException.class);
    }
    Record outcomes = Record.newBuilder().setOutcomes(Outcomes.getDefaultInstance()).build();
    assertThatThrownBy(() -> desk.propose(1, outcomes).get(20, TimeUnit.SECONDS))
        .as("it gets as far as the group, which does not lead")
        .hasCauseInstanceOf(NotLeaderException.class);
  }

  @Test
  void theClientOfALeaderWithAFullDiskIsToldAtOnce() throws Exception {
    GroupClient client =
        new GroupClient(1, group, desk(0), Map.of(FakeGroup.LEADER, desk(Long.MAX_VALUE)), timer);
    assertThatThrownBy(
            () -> client.submit(message(), Duration.ofHours(1)).get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            QueueException.class,
            e -> assertThat(e.reason()).isEqualTo(QueueException.Reason.DISK_FULL));
  }

  @Test
  void anUploadInProgressEndsBeforeItFillsTheDisk() throws Exception {
    GroupClient client = new GroupClient(1, group, desk(0), Map.of(), timer);
    try (ReplicatedUpload upload =
        new ReplicatedUpload(
            new MessageId(1, 0),
            Optional.empty(),
            client,
            new UploadMemory(1 << 20),
            new DiskGuard(directory, Long.MAX_VALUE),
            Duration.ofHours(1))) {
      assertThatThrownBy(() -> upload.write(ByteBuffer.allocate(2 * ReplicatedUpload.CHUNK_BYTES)))
          .isInstanceOfSatisfying(
              QueueException.class,
              e -> assertThat(e.reason()).isEqualTo(QueueException.Reason.DISK_FULL));
    }
  }
}
