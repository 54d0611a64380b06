package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EndsTest {
  private static final Duration BOUND = Duration.ofSeconds(30);

  private static LocalCluster of(String script) throws Exception {
    return LocalCluster.create(
        LocalCluster.Options.of(1, 1)
            .withLauncher((config, options) -> new ProcessBuilder("/bin/sh", "-c", script)));
  }

  @Test
  void a_process_that_ended_otherwise_than_it_may_is_found() throws Exception {
    try (LocalCluster cluster = of("exit 70")) {
      NodeProcess node = cluster.node("n1");
      node.start();
      assertThat(node.awaitExit(BOUND)).isEqualTo(70);
      assertThat(Ends.unlike(node, Set.of(70))).isEmpty();
      assertThat(Ends.unlike(node, Set.of()).orElseThrow().check()).isEqualTo(Check.ENDED);
      assertThat(Ends.unlike(node, Set.of(Ends.DISK, Ends.KILLED)).orElseThrow().text())
          .startsWith("n1 ended by itself, with 70, where 74 or 137 would be right; see ");
    }
  }

  @Test
  void one_that_was_killed_says_so_and_one_that_lives_is_no_finding() throws Exception {
    try (LocalCluster cluster = of("exec sleep 300")) {
      NodeProcess node = cluster.node("n1");
      node.start();
      assertThat(Ends.unlike(node, Set.of())).isEmpty();
      node.kill();
      assertThat(Ends.unlike(node, Set.of(Ends.KILLED))).isEmpty();
      assertThat(Ends.unlike(node, Set.of(Ends.IN_ORDER, Ends.DISK))).isPresent();
    }
  }
}
