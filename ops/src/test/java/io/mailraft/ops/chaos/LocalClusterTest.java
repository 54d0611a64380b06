package io.mailraft.ops.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Drives processes that only pretend to be nodes, so that it is the kit that is tested. */
class LocalClusterTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Launcher FAKE =
      (configFile, javaOptions) ->
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              FakeNode.class.getName(),
              configFile.toString());

  private static LocalCluster create(int nodes, String settings) throws IOException {
    return LocalCluster.create(
        LocalCluster.Options.of(nodes, 2526).withLauncher(FAKE).withSettings(settings));
  }

  @Test
  void starts_kills_freezes_stops_and_restarts_single_nodes() throws Exception {
    try (LocalCluster cluster = create(2, "")) {
      cluster.startAll(BOUND);
      NodeProcess first = cluster.node("n1");
      NodeProcess second = cluster.node("n2");
      assertThat(first.awaitReadyLine(BOUND)).startsWith("mailraft n1 ready: ");
      assertThat(cluster.httpStatus(second, "/readyz")).isEqualTo(200);

      first.kill();
      assertThat(first.isAlive()).isFalse();
      assertThat(second.isRunning()).isTrue();
      assertThat(first.awaitExit(BOUND)).isEqualTo(128 + 9);
      first.start();
      cluster.awaitReady(first, BOUND);

      second.pause();
      assertThat(second.isAlive()).isTrue();
      assertThat(second.isRunning()).isFalse();
      Await.until(BOUND, "n2 is frozen", () -> state(second).equals("T"));
      second.resume();
      assertThat(second.isRunning()).isTrue();
      Await.until(BOUND, "n2 goes on", () -> !state(second).equals("T"));

      assertThat(second.stop(BOUND)).isEqualTo(128 + 15);
      assertThat(Files.readString(first.outputLog())).hasLineCount(2);
    }
  }

  @Test
  void closing_ends_frozen_nodes_too_and_removes_the_files() throws Exception {
    LocalCluster cluster = create(2, "");
    List<Long> pids;
    try (cluster) {
      cluster.startAll(BOUND);
      pids = cluster.nodes().stream().map(NodeProcess::pid).toList();
      cluster.node("n2").pause();
    }
    assertThat(cluster.directory()).doesNotExist();
    assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
  }

  @Test
  void a_node_that_ends_at_once_is_reported_with_its_log() throws Exception {
    try (LocalCluster cluster = create(1, "# refuse-me")) {
      assertThatThrownBy(() -> cluster.startAll(BOUND))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("n1.err");
      assertThat(cluster.node("n1").awaitExit(BOUND)).isEqualTo(78);
      assertThat(cluster.node("n1").errorLog()).content().contains("bad config");
    }
  }

  @Test
  void a_wait_for_a_leader_that_nobody_is_has_a_bound() throws Exception {
    try (LocalCluster cluster = create(1, "")) {
      assertThatThrownBy(() -> cluster.awaitLeader("shard-0", Duration.ofMillis(50)))
          .isInstanceOf(TimeoutException.class)
          .hasMessageContaining("a node leads shard-0");
    }
  }

  @Test
  void ports_are_all_different_and_below_those_of_outgoing_connections() throws Exception {
    List<Integer> ports = Ports.free(36);
    assertThat(ports).hasSize(36).doesNotHaveDuplicates().allMatch(port -> port < 32_768);
  }

  private static String state(NodeProcess node) {
    try {
      String stat = Files.readString(Path.of("/proc", String.valueOf(node.pid()), "stat"));
      return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
