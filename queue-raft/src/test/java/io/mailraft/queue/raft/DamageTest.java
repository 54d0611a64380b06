package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Bits flipped and files cut on the disk of one node of three. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(120)
class DamageTest {
  private static final Random RANDOM = new Random(11);
  private static final int ENTRY_BYTES = 100_000;

  @TempDir Path directory;

  private TestCluster filled(int records) throws IOException {
    TestCluster cluster = TestCluster.of(directory, 3).startAll();
    for (int i = 0; i < records; i++) {
      byte[] body = new byte[ENTRY_BYTES];
      RANDOM.nextBytes(body);
      cluster.propose(TestCluster.chunk(i, body));
    }
    cluster.settle();
    return cluster;
  }

  private static Path file(TestCluster cluster, String node, String folder, String prefix)
      throws IOException {
    try (Stream<Path> files =
        Files.list(SnapshotsTest.groupDirectory(cluster, node).resolve(folder))) {
      return files
          .filter(file -> file.getFileName().toString().matches(prefix))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private static byte[] flipped(byte[] good, int at, int bit) {
    byte[] bad = good.clone();
    bad[at] ^= (byte) (1 << bit);
    return bad;
  }

  /** The node does not start with it and says why; with the right bytes it does. */
  private static void refused(
      TestCluster cluster, String node, Path file, String how, UnaryOperator<byte[]> damage)
      throws IOException {
    byte[] good = Files.readAllBytes(file);
    Files.write(file, damage.apply(good));
    assertThatThrownBy(() -> cluster.start(node))
        .as(how)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("node rejoin");
    assertThat(cluster.propose(TestCluster.token(1))).as("the others go on").isNotNull();
    Files.write(file, good);
  }

  @Test
  void i2_aDamagedLogIsRefusedAndNotTakenForATornEnd() throws Exception {
    try (TestCluster cluster = filled(220)) {
      String node = cluster.follower();
      cluster.stop(node);
      Path closed = file(cluster, node, "current", "log_\\d+-\\d+");
      Path open = file(cluster, node, "current", "log_inprogress_\\d+");

      refused(cluster, node, closed, "a bit of a closed segment", b -> flipped(b, 3_000_000, 3));
      refused(cluster, node, closed, "half a closed segment", b -> Arrays.copyOf(b, b.length / 2));
      refused(cluster, node, closed, "its header", b -> flipped(b, 3, 3));
      refused(cluster, node, open, "a bit of the open one", b -> flipped(b, b.length / 2, 3));
      refused(
          cluster, node, open, "a bit of its last entry", b -> flipped(b, b.length - 50_000, 3));
      refused(cluster, node, open, "half the open one", b -> Arrays.copyOf(b, b.length / 2));
      refused(
          cluster, node, open, "its last bytes", b -> Arrays.copyOf(b, b.length - ENTRY_BYTES / 2));
      // The first entry's length: it would reach to the file's end and swallow all that follows.
      refused(cluster, node, open, "a length", b -> flipped(b, firstLargeEntry(b) + 2, 6));
      byte[] bytes = Files.readAllBytes(open);
      Files.delete(open);
      assertThatThrownBy(() -> cluster.start(node))
          .as("no such file")
          .hasMessageContaining("node rejoin");
      Files.write(open, bytes);

      // What the log lacks at its begin is in the database, which a clean stop brought to disk.
      Files.delete(closed);
      cluster.start(node);
      cluster.settle();
      assertThat(LedgerFold.digest(cluster.group(node).view()))
          .isEqualTo(LedgerFold.digest(cluster.group(cluster.leader()).view()));
    }
  }

  /** Where the first entry of more than a chunk begins; its length takes three bytes. */
  private static int firstLargeEntry(byte[] segment) {
    LogFrames frames = new LogFrames(segment, RaftSettings.APPEND_BYTES_MAX);
    int at = frames.offset();
    while (frames.next() instanceof LogFrames.Frame.Whole(long _, int next)) {
      if (next - at > ENTRY_BYTES) {
        return at;
      }
      at = next;
    }
    throw new AssertionError("there is no such entry");
  }

  @Test
  void aTornEndIsCutOffAndTheNodeStarts() throws Exception {
    try (TestCluster cluster = filled(20)) {
      String node = cluster.follower();
      cluster.stop(node);
      int before = LedgerFold.digest(cluster.group(cluster.leader()).view());
      Path open = file(cluster, node, "current", "log_inprogress_\\d+");
      byte[] good = Files.readAllBytes(open);
      int entry = firstLargeEntry(good);
      byte[] next = Arrays.copyOfRange(good, entry, entry + ENTRY_BYTES);

      // The file ends inside the entry; its first sector alone was written; a later one alone was.
      startsWith(cluster, node, open, good, next.length, next.length);
      startsWith(cluster, node, open, good, 700, 1 << 20);
      byte[] late = new byte[next.length];
      System.arraycopy(next, 50_000, late, 50_000, 40_000);
      byte[] torn = Arrays.copyOf(good, good.length + (1 << 20));
      System.arraycopy(late, 0, torn, good.length, late.length);
      Files.write(open, torn);
      cluster.start(node);
      cluster.settle();
      assertThat(LedgerFold.digest(cluster.group(node).view())).isEqualTo(before);
    }
  }

  private static void startsWith(
      TestCluster cluster, String node, Path open, byte[] good, int written, int grown)
      throws IOException {
    int entry = firstLargeEntry(good);
    byte[] torn = Arrays.copyOf(good, good.length + grown);
    System.arraycopy(good, entry, torn, good.length, written);
    Files.write(open, torn);
    cluster.start(node);
    cluster.settle();
    cluster.stop(node);
    assertThat(Files.size(open)).isGreaterThanOrEqualTo(good.length);
    Files.write(open, good);
  }

  @Test
  void i2_aDatabaseThatCannotBeOpenedIsRefused() throws Exception {
    try (TestCluster cluster = filled(20)) {
      String node = cluster.follower();
      cluster.stop(node);
      Path database = file(cluster, node, ".", "db").normalize();
      for (String name : List.of("MANIFEST-\\d+", "CURRENT")) {
        Path file = file(cluster, node, "db", name);
        byte[] good = Files.readAllBytes(file);
        for (byte[] bad : List.of(flipped(good, good.length / 2, 3), new byte[] {1, 2})) {
          Files.write(file, bad);
          assertThatThrownBy(() -> cluster.start(node))
              .as("%s of %s bytes", name, bad.length)
              .hasMessageContaining(database.toString())
              .hasMessageContaining("node rejoin");
        }
        Files.write(file, good);
      }
      Path table = file(cluster, node, "db", "\\d+.sst");
      byte[] good = Files.readAllBytes(table);
      Files.write(table, Arrays.copyOf(good, good.length / 2));
      assertThatThrownBy(() -> cluster.start(node)).hasMessageContaining("node rejoin");
      Files.delete(table);
      assertThatThrownBy(() -> cluster.start(node)).hasMessageContaining("node rejoin");
      Files.write(table, good);
      cluster.start(node);
      cluster.settle();
    }
  }

  @Test
  void i2_aDamagedRowIsNeverReadAndStopsTheReplica() throws Exception {
    try (TestCluster cluster = filled(20)) {
      String node = cluster.follower();
      for (String kind : List.of("\\d+.sst", "\\d+.blob")) {
        cluster.stop(node);
        Path file = file(cluster, node, "db", kind);
        byte[] good = Files.readAllBytes(file);
        // In the middle of the first block or value: behind a blob file's header and record header.
        Files.write(file, flipped(good, kind.endsWith("blob") ? 1_000 : 20, 3));
        CompletableFuture<Throwable> reason = new CompletableFuture<>();
        try {
          cluster.start(node);
          cluster.host(node).onBroken(reason::complete);
          assertThatThrownBy(() -> LedgerFold.digest(cluster.group(node).view()))
              .as(kind)
              .isInstanceOf(DamagedException.class)
              .hasMessageContaining("node rejoin");
          assertThat(reason.get(20, TimeUnit.SECONDS)).isInstanceOf(DamagedException.class);
        } catch (IOException e) {
          assertThat(e).as("%s, at the start", kind).hasMessageContaining("node rejoin");
        }
        cluster.propose(TestCluster.token(1));
        cluster.stop(node);
        Files.write(file, good);
        cluster.start(node);
        cluster.settle();
      }
    }
  }
}
