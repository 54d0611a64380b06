package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.Documents.Change;
import io.mailraft.queue.control.ClusterDocument;
import io.mailraft.queue.control.DocumentHistory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class DocumentsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  @TempDir private Path directory;

  private static Change change(long expected, String yaml) {
    return new Change(expected, yaml, "ann", "because", Map.of("old", "default"));
  }

  private static void awaitSeed(QueueCluster cluster) {
    for (String node : cluster.running()) {
      await("the seed", () -> cluster.queue(node).documents().present().version() == 1);
    }
  }

  @Test
  void whicheverNodeIsAskedOfManyWhoSawTheSameVersionOneWins() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1);
        ExecutorService operators = Executors.newVirtualThreadPerTaskExecutor()) {
      cluster.startAll();
      awaitSeed(cluster);
      assertThat(cluster.queue("n2").documents().present().comment())
          .startsWith("from mailraft.yaml of n");
      for (int round = 1; round <= 5; round++) {
        long seen = round;
        List<Callable<OptionalLong>> calls =
            List.of("n1", "n2", "n3", "n1", "n2", "n3").stream()
                .<Callable<OptionalLong>>map(
                    node ->
                        () -> {
                          Documents documents = cluster.queue(node).documents();
                          OptionalLong made =
                              documents.replace(change(seen, "by " + node), PATIENCE);
                          // Whatever came of it, this replica has it on return.
                          assertThat(documents.present().version()).isGreaterThan(seen);
                          return made;
                        })
                .toList();
        List<Long> made = new ArrayList<>();
        for (Future<OptionalLong> call : operators.invokeAll(calls)) {
          call.get().ifPresent(made::add);
        }
        assertThat(made).containsExactly(seen + 1);
      }
      assertThat(cluster.queue("n3").documents().await(6, PATIENCE)).isTrue();
      assertThat(cluster.queue("n3").documents().present().reroutes())
          .isEqualTo(Map.of("old", "default"));
      assertThat(cluster.queue("n3").documents().await(7, Duration.ofMillis(30))).isFalse();
    }
  }

  @Test
  void versionsAndHistorySurviveARestartOfAllNodes() throws Exception {
    List<ClusterDocument> before;
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      cluster.startAll();
      awaitSeed(cluster);
      Documents documents = cluster.queue("n1").documents();
      for (int version = 1; version < 4; version++) {
        assertThat(documents.replace(change(version, "text " + version), PATIENCE))
            .hasValue(version + 1);
      }
      before = all(documents);
      assertThat(before).hasSize(4);
      for (String node : List.of("n1", "n2", "n3")) {
        cluster.stop(node);
      }
      cluster.startAll();
      for (String node : cluster.running()) {
        await("the version", () -> cluster.queue(node).documents().present().version() == 4);
        assertThat(all(cluster.queue(node).documents())).isEqualTo(before);
      }
    }
  }

  private static List<ClusterDocument> all(Documents documents) {
    return documents.versions().stream()
        .map(DocumentHistory.Version::version)
        .map(version -> documents.version(version).orElseThrow())
        .toList();
  }

  @Test
  void theHistoryIsBoundedByNumberAndBySize() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      cluster.startAll();
      awaitSeed(cluster);
      Documents documents = cluster.queue("n1").documents();
      for (int version = 1; version <= Documents.KEEP + 3; version++) {
        assertThat(documents.replace(change(version, "text " + version), PATIENCE)).isPresent();
      }
      assertThat(documents.versions()).hasSize(Documents.KEEP);
      assertThat(documents.version(4)).isEmpty();
      assertThat(documents.version(5)).isPresent();
      String large = "#".repeat(7 << 20);
      long version = documents.present().version();
      for (int i = 0; i < 12; i++) {
        assertThat(documents.replace(change(version++, large), PATIENCE)).hasValue(version);
      }
      // Nine of 7 MiB are no more than 64 MiB, beside the present one.
      assertThat(documents.versions()).hasSize(10);
    }
  }
}
