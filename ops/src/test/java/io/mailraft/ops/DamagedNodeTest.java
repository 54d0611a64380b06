package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Three nodes, one of which finds its database damaged, and later its disk empty. */
class DamagedNodeTest {
  private static final int MESSAGES = 200;
  private static final int DISK = 74;

  @Test
  void i2_damagedContentIsNeverSentAndTheNodeRejoins() throws Exception {
    AtomicBoolean away = new AtomicBoolean(true);
    try (ClusterRun run =
        ClusterRun.start(
            "damaged-node",
            3,
            moment ->
                away.get() && moment.stage() == Stage.RCPT
                    ? Action.reply("451 4.3.2 Not now")
                    : Action.PROCEED,
            options -> options)) {
      try (LoadClient load = run.load(MESSAGES, 31)) {
        assertThat(load.await(ClusterRun.BOUND)).isZero();
      }
      NodeProcess node = run.follower();
      run.ledger.nodeFault(node.id());
      assertThat(node.stop(ClusterRun.BOUND)).isZero();
      Path data = run.cluster.directory().resolve(node.id());
      int damaged = damage(data.resolve("raft"));
      assertThat(damaged).isPositive();

      node.start();
      away.set(false);
      assertThat(node.awaitExit(ClusterRun.BOUND)).isEqualTo(DISK);
      // Until it met the damage it may have delivered.
      run.ledger.nodeFault(node.id());
      assertThat(Files.readString(node.errorLog()))
          .contains("damaged")
          .contains("mailraft node rejoin");
      run.ledger.awaitAllArrived(ClusterRun.BOUND);

      String said = rejoin(node);
      assertThat(said).contains("is kept in").contains("start it with");
      assertThat(data.resolve("raft.old-1")).isDirectory();
      run.cluster.startAll(ClusterRun.BOUND);
      try (LoadClient load = run.load(MESSAGES, 32)) {
        assertThat(load.await(ClusterRun.BOUND)).isZero();
      }
      run.settle();
      run.assertReplicasEqual();

      // A disk that was replaced by an empty one.
      assertThat(node.stop(ClusterRun.BOUND)).isZero();
      Files.move(data, run.cluster.directory().resolve("lost"));
      node.start();
      assertThat(node.awaitExit(ClusterRun.BOUND)).isEqualTo(DISK);
      assertThat(Files.readString(node.errorLog())).contains("had another data directory");
      rejoin(node);
      run.cluster.startAll(ClusterRun.BOUND);
      run.settle();
      run.assertReplicasEqual();
    }
  }

  /** Flips bits all over the tables and blobs of a node; says in how many files. */
  private static int damage(Path raft) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(raft)) {
      files =
          all.filter(file -> file.toString().matches(".*/db/\\d+\\.(sst|blob)"))
              .filter(file -> file.toFile().length() > 4096)
              .toList();
    }
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      for (int at = 100; at < bytes.length - 100; at += 500) {
        bytes[at] ^= 4;
      }
      Files.write(file, bytes);
    }
    return files.size();
  }

  /** Runs the command as an operator does, and demands that it succeeds. */
  private static String rejoin(NodeProcess node) throws Exception {
    Process process =
        node.operate("node", "rejoin", "-c", node.configFile().toString())
            .redirectErrorStream(true)
            .start();
    try {
      StringBuilder said = new StringBuilder();
      Thread reader =
          Thread.ofVirtual()
              .start(() -> process.inputReader().lines().forEach(line -> said.append(line + "\n")));
      Await.until(ClusterRun.BOUND, "the rejoin ends", () -> !process.isAlive());
      reader.join();
      assertThat(process.exitValue()).as("%s", said).isZero();
      return said.toString();
    } finally {
      process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }
  }
}
