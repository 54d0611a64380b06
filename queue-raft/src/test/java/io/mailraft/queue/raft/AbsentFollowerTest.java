package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A leader with nothing to send to a follower that is away. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(120)
class AbsentFollowerTest {
  private static final Duration WATCHED = Duration.ofSeconds(3);

  /** Without a wait it is nearly all of the time at first, and more than half of it later. */
  private static final Duration CPU_MAX = WATCHED.dividedBy(10);

  @TempDir Path directory;

  @Test
  void theLeaderDoesNotSpinWhileAFollowerIsAwayAndSendsWhenItIsBack() throws Exception {
    // Heartbeats are due every quarter of it.
    Duration timeout = Duration.ofSeconds(2);
    try (TestCluster cluster =
        TestCluster.of(directory, 3).settled().electionTimeout(timeout).startAll()) {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      String absent = cluster.follower();
      cluster.stop(absent);

      // Other clusters of this process have other groups.
      String group = SnapshotsTest.groupDirectory(cluster, absent).getFileName().toString();
      String appender = group.substring(group.lastIndexOf('-') + 1).toUpperCase(Locale.ROOT);
      String threads = "group-" + appender + "->" + absent + "-";
      long cpu = appenderNanos(threads);
      long end = System.nanoTime() + WATCHED.toNanos();
      TestCluster.await("time over", () -> System.nanoTime() - end > 0);
      assertThat(Duration.ofNanos(appenderNanos(threads) - cpu)).isLessThan(CPU_MAX);

      cluster.propose(TestCluster.token(2));
      cluster.start(absent);
      cluster.settle();
      assertThat(LedgerFold.tokens(cluster.group(absent).view())).contains(1L, 2L);
    }
  }

  /** CPU time of the threads that send to a node, which this is a part of the names of. */
  private static long appenderNanos(String name) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long[] senders =
        Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
            .filter(thread -> thread != null)
            .filter(thread -> thread.getThreadName().contains(name))
            .mapToLong(thread -> thread.getThreadId())
            .toArray();
    assertThat(senders).as("threads with %s in their name", name).isNotEmpty();
    return Arrays.stream(senders).map(threads::getThreadCpuTime).sum();
  }
}
