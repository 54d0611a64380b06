package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.mailraft.api.log.Record;
import io.mailraft.queue.store.Position;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What happens when a replica cannot go on. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
class BrokenReplicaTest {
  @TempDir Path directory;

  @Test
  void aFoldThatThrowsStopsTheReplicaWithoutASnapshotAndFailsAllWhoWait() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1).startAll()) {
      cluster.propose(TestCluster.token(1));
      Group group = cluster.group("n1");
      List<Throwable> reasons = new CopyOnWriteArrayList<>();
      cluster.host("n1").onBroken(reasons::add);
      cluster.fold("n1").refuse(record -> record.getChecksum().getToken() == 66);
      CompletableFuture<Position> waiter = group.awaitApplied(1_000);

      CompletableFuture<Answer> poisoned = group.propose(TestCluster.token(66));

      assertThatThrownBy(() -> poisoned.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NotLeaderException.class);
      assertThatThrownBy(() -> waiter.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(FoldException.class);
      TestCluster.await("a reason", () -> !reasons.isEmpty());
      assertThat(reasons).singleElement().isInstanceOf(FoldException.class);
      assertThat(group.leading()).isFalse();
      cluster.stop("n1");
      assertThat(SnapshotsTest.groupDirectory(cluster, "n1").resolve("sm")).isEmptyDirectory();

      // The entry is still in the log: a version that can apply it goes on from there.
      cluster.start("n1");
      TestCluster.await("the entry", () -> cluster.fold("n1").count() == 2);
      assertThat(LedgerFold.tokens(cluster.group("n1").view())).containsExactly(1L, 66L);
    }
  }

  @Test
  void anEntryThatIsAppliedAndNotWrittenIsAbandonedByTheFold() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1).startAll()) {
      cluster.propose(TestCluster.token(1));
      CompletableFuture<Throwable> reason = new CompletableFuture<>();
      cluster.host("n1").onBroken(reason::complete);
      cluster.fold("n1").fallSilent();

      CompletableFuture<Answer> answer = cluster.group("n1").propose(TestCluster.token(2));

      assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NotLeaderException.class);
      assertThat(reason.get(20, TimeUnit.SECONDS)).isInstanceOf(FoldException.class);
      assertThat(cluster.fold("n1").abandonedEntries()).isEqualTo(1);
    }
  }

  @Test
  void aRecordOfAnUnknownKindStopsTheReplicaAndNamesTheKind() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1).startAll()) {
      cluster.leader();
      CompletableFuture<Throwable> reason = new CompletableFuture<>();
      cluster.host("n1").onBroken(reason::complete);
      Record unknown =
          Record.newBuilder()
              .setUnknownFields(
                  UnknownFieldSet.newBuilder()
                      .addField(
                          4711,
                          UnknownFieldSet.Field.newBuilder()
                              .addLengthDelimited(ByteString.EMPTY)
                              .build())
                      .build())
              .build();

      assertThatThrownBy(() -> cluster.group("n1").propose(unknown).get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NotLeaderException.class);

      assertThat(reason.get(20, TimeUnit.SECONDS))
          .isInstanceOf(FoldException.class)
          .hasMessageContaining("kind 4711")
          .hasMessageContaining("newer version");
    }
  }

  @Test
  void aDamagedLogIsRefusedAtTheStart() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1).startAll()) {
      for (int i = 0; i < 20; i++) {
        cluster.propose(TestCluster.chunk(i, new byte[10_000]));
      }
      cluster.stop("n1");
      try (Stream<Path> files =
          Files.list(SnapshotsTest.groupDirectory(cluster, "n1").resolve("current"))) {
        for (Path log : files.filter(file -> file.toString().contains("log_")).toList()) {
          byte[] bytes = Files.readAllBytes(log);
          bytes[50_000] ^= 1;
          Files.write(log, bytes, StandardOpenOption.TRUNCATE_EXISTING);
        }
      }

      assertThatThrownBy(() -> cluster.start("n1"))
          .hasMessageContaining("n1")
          .hasMessageContaining("does not start");
    }
  }

  @Test
  void aPortThatIsTakenIsRefusedByItsAddressAndTheProcessLives() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory.resolve("a"), 1).startAll();
        TestCluster second =
            new TestCluster(
                directory.resolve("b"),
                "second",
                cluster.peers(),
                1L << 40,
                _ -> Optional.empty())) {
      assertThatThrownBy(() -> second.start("n1"))
          .hasMessageContaining(String.valueOf(cluster.peers().get("n1")));
      cluster.propose(TestCluster.token(1));
    }
  }
}
