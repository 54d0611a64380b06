package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL at random moments while snapshots are taken, sent and installed: of the node that was
 * away for longer than the log, and of the leader that sends it one.
 */
class SnapshotKillTest {
  private static final int ROUNDS = Integer.getInteger("mailraft.rounds", 2);

  /**
   * Together some 27 MB: the first file of the log, of 16 MiB, is full and 64 entries more are
   * kept, so that the node that was away finds the log no longer there.
   */
  private static final int MESSAGES_PER_ROUND = 900;

  private static final int BODY_BYTES_MAX = 60_000;

  @Test
  void i2_aSnapshotThatIsInterruptedAnywhereLosesNothing() throws Exception {
    long seed = Long.getLong("mailraft.seed", new Random().nextInt(1_000_000));
    System.err.println("seed " + seed + " (repeat with -Dmailraft.seed=" + seed + ")");
    Random random = new Random(seed);
    try (ClusterRun run =
        ClusterRun.start(
            "snapshot-kill",
            3,
            Script.OBEDIENT,
            options ->
                options.withSettings(
                    ClusterRun.QUICK_RETRY + "queue: { snapshotLogBytes: 1MiB }\n"))) {
      for (int round = 0; round < ROUNDS; round++) {
        NodeProcess away = run.follower();
        run.ledger.nodeFault(away.id());
        away.kill();
        try (LoadClient load =
            LoadClient.start(
                LoadClient.Options.of(run.cluster.smtp(), 8, MESSAGES_PER_ROUND, seed + round)
                    .withBodyBytesMax(BODY_BYTES_MAX)
                    .withMessageTimeMax(ClusterRun.BOUND),
                run.ledger)) {
          assertThat(load.await(ClusterRun.BOUND)).isZero();
        }
        away.start();
        // Somewhere between its start and the end of the installation, by the seed.
        TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(2_500));
        NodeProcess victim = round % 2 == 0 ? away : run.leader();
        run.ledger.pathFault(victim.id());
        victim.kill();
        run.cluster.startAll(ClusterRun.BOUND);
        Await.until(
            ClusterRun.BOUND,
            away.id() + " has installed a snapshot",
            () -> {
              try {
                return Files.readString(away.errorLog()).contains(" by the snapshot ");
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
      }
      run.settle();
      run.assertReplicasEqual();
      // A leader that dies leaves a part of its snapshot with the receiver, up to the next start.
      for (NodeProcess node : run.cluster.nodes()) {
        assertThat(node.stop(ClusterRun.BOUND)).isZero();
      }
      run.cluster.startAll(ClusterRun.BOUND);
      for (NodeProcess node : run.cluster.nodes()) {
        // Or RocksDB would remove files while they are listed.
        assertThat(node.stop(ClusterRun.BOUND)).isZero();
        assertThat(leftovers(run.cluster.directory().resolve(node.id()))).isEmpty();
      }
    }
  }

  /** What an interrupted snapshot leaves, and the next start removes. */
  private static List<Path> leftovers(Path data) throws Exception {
    Path groups = data.resolve("raft");
    try (Stream<Path> all = Files.walk(groups)) {
      return all.map(groups::relativize)
          .filter(
              path ->
                  path.toString().matches("[^/]+/(sm\\.tmp.*|db\\.next|db\\.old|sm/making|tmp/.+)"))
          .toList();
    }
  }
}
