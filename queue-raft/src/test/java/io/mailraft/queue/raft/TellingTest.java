package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A follower hears of a commit when it is told, and not only with the next heartbeat. */
class TellingTest {
  private static final int ENTRIES = 40;

  /** Heartbeats come every half of it. */
  private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(6);

  /** Half a heartbeat's wait for each entry would be twice as long. */
  private static final int BOUND_SECONDS = 30;

  @TempDir Path directory;

  @Test
  @Timeout(120)
  void a_follower_that_is_told_applies_a_lone_entry_without_a_heartbeat() throws Exception {
    try (TestCluster cluster =
        TestCluster.of(directory, 3).electionTimeout(ELECTION_TIMEOUT).startAll()) {
      String leader = cluster.leader();
      String follower = cluster.follower();
      cluster.settle();
      long end = System.nanoTime() + Duration.ofSeconds(BOUND_SECONDS).toNanos();
      for (int i = 0; i < ENTRIES; i++) {
        long index = cluster.propose(TestCluster.token(i)).index();
        cluster.host(leader).tell(follower, TestCluster.GROUP, index);
        assertThat(
                cluster
                    .group(follower)
                    .awaitApplied(index)
                    .get(end - System.nanoTime(), TimeUnit.NANOSECONDS)
                    .index())
            .isGreaterThanOrEqualTo(index);
      }
    }
  }
}
