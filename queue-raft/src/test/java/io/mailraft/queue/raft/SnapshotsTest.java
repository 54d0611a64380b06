package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Snapshots, the log that they make superfluous, and nodes that need one. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class SnapshotsTest {
  private static final int BODY_BYTES = 256 << 10;
  private static final long SNAPSHOT_LOG_BYTES = 4L << 20;
  private static final Random RANDOM = new Random(5);

  @TempDir Path directory;

  @Test
  void aSnapshotDropsTheLogBeforeItAndOnlyTheNewestStays() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1, SNAPSHOT_LOG_BYTES).startAll()) {
      fill(cluster, 160);
      Path group = groupDirectory(cluster, "n1");
      TestCluster.await("a purged log", () -> !has(group.resolve("current"), "log_0-"));
      TestCluster.await("one snapshot", () -> count(group.resolve("sm")) == 1);
      long before = cluster.fold("n1").count();

      cluster.stop("n1");
      cluster.start("n1");
      cluster.leader();

      assertThat(cluster.fold("n1").count()).isEqualTo(before);
      fill(cluster, 3);
      assertThat(cluster.fold("n1").count()).isEqualTo(before + 3);
    }
  }

  @Test
  void aNodeThatWasAwayLongerThanTheLogIsSentASnapshotWhileProposalsGoOn() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3, SNAPSHOT_LOG_BYTES).startAll()) {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      String away = cluster.follower();
      cluster.stop(away);
      Path leader = groupDirectory(cluster, cluster.leader());
      // For as long as it may still answer, the leader keeps the log for it.
      TestCluster.await(
          "a purged log",
          () -> {
            fill(cluster, 16);
            return !has(leader.resolve("current"), "log_0-")
                && !has(leader.resolve("current"), "log_inprogress_0");
          });

      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger more = new AtomicInteger();
      Thread proposer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      cluster.propose(TestCluster.token(more.incrementAndGet()));
                    }
                  });
      cluster.start(away);
      TestCluster.await("an installed snapshot", () -> cluster.fold(away).loads() > 1);
      stop.set(true);
      proposer.join();
      cluster.settle();

      assertThat(more.get()).isPositive();
      assertThat(LedgerFold.digest(cluster.group(away).view()))
          .isEqualTo(LedgerFold.digest(cluster.group(cluster.leader()).view()));
      assertThat(LedgerFold.tokens(cluster.group(away).view()).size())
          .isEqualTo(LedgerFold.tokens(cluster.group(cluster.leader()).view()).size());

      // What was installed is a database like any other.
      cluster.stop(away);
      cluster.start(away);
      cluster.propose(TestCluster.token(0));
      cluster.settle();
      assertThat(LedgerFold.digest(cluster.group(away).view()))
          .isEqualTo(LedgerFold.digest(cluster.group(cluster.leader()).view()));
    }
  }

  @Test
  void i9_aNodeThatWasAwayCatchesUpThoughMoreIsLoggedMeanwhileThanMakesASnapshotDue()
      throws Exception {
    int rows = 500;
    byte[] body = new byte[BODY_BYTES];
    RANDOM.nextBytes(body);
    try (TestCluster cluster = TestCluster.of(directory, 3, SNAPSHOT_LOG_BYTES).startAll()) {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      String away = cluster.follower();
      String leader = cluster.leader();
      cluster.stop(away);
      for (int i = 0; i < rows; i++) {
        cluster.propose(TestCluster.chunk(i, body));
      }
      Path log = groupDirectory(cluster, leader).resolve("current");
      TestCluster.await("a purged log", () -> !has(log, "log_0-"));

      AtomicBoolean stop = new AtomicBoolean();
      Thread proposer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; !stop.get(); i++) {
                      cluster.propose(TestCluster.chunk(i % rows, body));
                    }
                  });
      try {
        cluster.start(away);
        TestCluster.await(
            "node that has caught up",
            () ->
                cluster.group(away).applied().index() + 4
                    > cluster.group(leader).applied().index());
      } finally {
        stop.set(true);
        proposer.join();
      }
      cluster.settle();
      assertThat(LedgerFold.digest(cluster.group(away).view()))
          .isEqualTo(LedgerFold.digest(cluster.group(leader).view()));
      // And what was kept for it goes.
      for (int i = 0; i < rows; i++) {
        cluster.propose(TestCluster.chunk(i, body));
      }
      TestCluster.await("a short log", () -> count(log) < 10);
    }
  }

  @Test
  void everyStateThatACrashDuringTheReplacementCanLeaveIsMendedAtTheStart() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1, SNAPSHOT_LOG_BYTES).startAll()) {
      fill(cluster, 90);
      Path group = groupDirectory(cluster, "n1");
      TestCluster.await("a snapshot", () -> count(group.resolve("sm")) >= 1);
      int expected = LedgerFold.digest(cluster.group("n1").view());
      cluster.stop("n1");

      // While db.next is being made.
      Files.createDirectory(group.resolve("db.next"));
      Files.writeString(group.resolve("db.next").resolve("000012.sst"), "half");
      restartAndCompare(cluster, expected);

      // The old database is renamed away, the copy is not yet in place.
      Files.move(group.resolve("db"), group.resolve("db.old"));
      Files.createDirectory(group.resolve("db.next"));
      restartAndCompare(cluster, expected);
      assertThat(group.resolve("db.old")).doesNotExist();
      assertThat(group.resolve("db.next")).doesNotExist();

      // The copy is in place, the old one still there.
      Files.createDirectory(group.resolve("db.old"));
      restartAndCompare(cluster, expected);
      assertThat(group.resolve("db.old")).doesNotExist();

      // A snapshot that was being taken, one without its files, and one that was being received.
      Files.createDirectories(group.resolve("sm").resolve("making"));
      Files.createDirectories(group.resolve("sm").resolve("9_999999"));
      Files.createDirectories(group.resolve("tmp").resolve("snapshot-x").resolve("9_999999"));
      restartAndCompare(cluster, expected);
      assertThat(group.resolve("sm").resolve("9_999999")).doesNotExist();

      // Ratis had moved the snapshots away and not yet the received ones into their place.
      Files.move(group.resolve("sm"), group.resolve("sm.tmp-then"));
      restartAndCompare(cluster, expected);
      assertThat(group.resolve("sm.tmp-then")).doesNotExist();
      assertThat(count(group.resolve("sm"))).isEqualTo(1);
    }
  }

  private static void restartAndCompare(TestCluster cluster, int expected) throws IOException {
    cluster.start("n1");
    cluster.leader();
    assertThat(LedgerFold.digest(cluster.group("n1").view())).isEqualTo(expected);
    cluster.stop("n1");
  }

  private static void fill(TestCluster cluster, int records) {
    byte[] body = new byte[BODY_BYTES];
    RANDOM.nextBytes(body);
    for (int i = 0; i < records; i++) {
      cluster.propose(TestCluster.chunk(i % 7, body));
    }
  }

  static Path groupDirectory(TestCluster cluster, String node) throws IOException {
    try (Stream<Path> groups = Files.list(cluster.data(node))) {
      return groups.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  private static boolean has(Path directory, String prefix) {
    return names(directory).anyMatch(name -> name.startsWith(prefix));
  }

  private static long count(Path directory) {
    return names(directory).count();
  }

  private static Stream<String> names(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? Stream.of() : Stream.of(names);
  }
}
