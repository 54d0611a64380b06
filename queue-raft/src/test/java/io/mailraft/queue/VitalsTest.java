package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.ZONE;
import static io.mailraft.queue.QueueCluster.await;
import static io.mailraft.queue.QueueCluster.body;
import static io.mailraft.queue.QueueCluster.submit;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.Sink.Manner;
import io.mailraft.queue.raft.GroupVitals;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node tells of its part of the queue. */
class VitalsTest {
  @TempDir private Path directory;

  private static GroupVitals shard(Vitals vitals) {
    return vitals.groups().getLast();
  }

  @Test
  void counts_are_those_of_what_happened_and_the_oldest_is_known_after_a_restart()
      throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      Vitals vitals = queue.vitals();
      AtomicInteger commits = new AtomicInteger();
      vitals.onCommitted((group, nanos) -> commits.addAndGet(group.equals("shard-0") ? 1 : 0));
      GroupVitals before = shard(vitals);
      MessageId first = submit(queue, body(5_000), 1);
      submit(queue, body(10), 2);
      GroupVitals after = shard(vitals);
      assertThat(commits).hasPositiveValue();
      assertThat(after.appliedEntries() - before.appliedEntries()).isGreaterThanOrEqualTo(2);
      assertThat(after.appliedBytes() - before.appliedBytes()).isGreaterThan(5_000);
      assertThat(after.fsyncs()).isGreaterThan(before.fsyncs());
      assertThat(after.logEntries()).isGreaterThan(before.logEntries());
      assertThat(after.logBytes()).isGreaterThan(5_000);
      assertThat(after.leaderChanges()).isEqualTo(1);
      assertThat(after.leading()).isTrue();
      assertThat(after.memory().memtableBytes()).isPositive();
      assertThat(vitals.cacheBytes()).isPositive();
      assertThat(vitals.behind()).isEmpty();
      await("the count", () -> vitals.oldest().isPresent());
      assertThat(vitals.oldest().orElseThrow().get(ZONE))
          .isBetween(first.millis() - 1024, first.millis());
      cluster.stop("n1");
      cluster.start("n1");
      Queue again = cluster.queue("n1");
      await("the oldest", () -> again.vitals().oldest().orElse(Map.of()).containsKey(ZONE));
      assertThat(again.vitals().oldest().orElseThrow().get(ZONE))
          .isBetween(first.millis() - 1024, first.millis());
      cluster.sink("n1").manner(Manner.DELIVER);
      cluster.awaitEmpty();
      assertThat(again.vitals().oldest()).hasValue(Map.of());
    }
  }

  @Test
  void a_replica_that_is_far_behind_is_named() {
    assertThat(Vitals.behind(Map.of("control", 0L, "shard-0", Vitals.LAG_ENTRIES_MAX))).isEmpty();
    assertThat(Vitals.behind(Map.of("control", 0L, "shard-0", 5230L)))
        .hasValue("the replica of shard-0 is 5230 entries behind, 1000 at most are ready");
  }
}
