package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A node that was away for longer than the log gets a snapshot that is larger than its heap, while
 * mail flows. With {@code -Dmailraft.stateBytes=5000000000} the queue holds 5 GB of mail, which is
 * compressed on disk.
 */
class InstallTest {
  private static final long STATE_BYTES = Long.getLong("mailraft.stateBytes", 150_000_000);
  private static final int BODY_BYTES_MAX = 200_000;
  private static final int HEAP_MIB = 128;
  private static final long JCMD_SECONDS_MAX = 20;
  private static final Duration BOUND = Duration.ofSeconds(90 + STATE_BYTES / 2_000_000);
  private static final Pattern HEAP = Pattern.compile("used (\\d+)K");

  @Test
  void i9_aSnapshotLargerThanTheHeapIsInstalledWhileMailFlows() throws Exception {
    AtomicBoolean away = new AtomicBoolean(true);
    try (ClusterRun run =
        ClusterRun.start(
            "install",
            3,
            moment ->
                away.get() && moment.stage() == Stage.RCPT
                    ? Action.reply("451 4.3.2 Not now")
                    : Action.PROCEED,
            options ->
                options
                    .withSettings(
                        """
                        delivery: { helo: "${node}.example", retry: [1h] }
                        queue: { snapshotLogBytes: 16MiB }
                        """)
                    .withJavaOptions("-Xmx" + HEAP_MIB + "m"))) {
      NodeProcess absent = run.follower();
      run.ledger.nodeFault(absent.id());
      absent.kill();
      fill(run);
      NodeProcess leader = run.leader();
      say("before", leader, absent, run);

      absent.start();
      long began = System.nanoTime();
      try (LoadClient load = run.load(500, 77)) {
        Await.until(
            BOUND,
            "the snapshot is installed",
            () -> {
              // Heaps are looked at once a second; nobody tells of them.
              TimeUnit.SECONDS.sleep(1);
              say("during", leader, absent, run);
              return installed(absent);
            });
        assertThat(load.await(BOUND)).isZero();
      }
      run.cluster.awaitReady(absent, BOUND);
      System.err.println(
          "installed after " + Duration.ofNanos(System.nanoTime() - began).toSeconds() + " s");
      say("after", leader, absent, run);
      run.assertReplicasEqual(BOUND, BOUND.dividedBy(3));
      assertThat(leader.isRunning()).isTrue();
      assertThat(absent.isRunning()).isTrue();
    }
  }

  private static void fill(ClusterRun run) throws Exception {
    long each = BODY_BYTES_MAX / 2;
    int messages = Math.toIntExact(STATE_BYTES / each);
    try (LoadClient load =
        LoadClient.start(
            LoadClient.Options.of(run.cluster.smtp(), 4, messages, 76)
                .withBodyBytesMax(BODY_BYTES_MAX)
                .withMessageTimeMax(BOUND),
            run.ledger)) {
      assertThat(load.await(BOUND)).isZero();
    }
  }

  private static boolean installed(NodeProcess node) {
    try {
      return Files.readString(node.errorLog()).contains("by the snapshot");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void say(String when, NodeProcess leader, NodeProcess absent, ClusterRun run)
      throws InterruptedException {
    try {
      System.err.println(
          when
              + ": heap of the sender "
              + heapMib(leader)
              + " MiB, of the receiver "
              + (absent.isAlive() ? heapMib(absent) + " MiB" : "-")
              + ", data of the sender "
              + bytes(run.cluster.directory().resolve(leader.id())) / 1_000_000
              + " MB");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What the heap holds now, in MiB, as the JVM itself says; -1 while it does not answer. */
  private static long heapMib(NodeProcess node) throws IOException, InterruptedException {
    Process asked =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                String.valueOf(node.pid()),
                "GC.heap_info")
            .redirectErrorStream(true)
            .start();
    // jcmd waits for ever for a JVM that does not come to a safepoint. Its few lines fit the pipe.
    if (!asked.waitFor(JCMD_SECONDS_MAX, TimeUnit.SECONDS)) {
      asked.destroyForcibly();
      return -1;
    }
    List<String> said = asked.inputReader().lines().toList();
    if (asked.exitValue() != 0) {
      return -1;
    }
    long used = 0;
    for (String line : said) {
      Matcher heap = HEAP.matcher(line);
      if (!line.contains("etaspace") && !line.contains("class space") && heap.find()) {
        used += Long.parseLong(heap.group(1));
      }
    }
    return used / 1024;
  }

  private static long bytes(Path directory) throws IOException {
    AtomicLong sum = new AtomicLong();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum.addAndGet(attributes.size());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            // The node runs, and removes files while they are listed.
            return FileVisitResult.CONTINUE;
          }
        });
    return sum.get();
  }
}
