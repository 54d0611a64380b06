package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.ZoneStatus;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Stage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * The far end refuses every recipient for a while; meanwhile the relay's process dies too. (A host
 * that refuses the whole connection is left alone for a minute, for which no test waits.)
 */
class SinkAwayTest {
  private static final int MESSAGES = 60;

  @Test
  void i1_what_was_accepted_outlives_sigkill_of_the_only_node_and_is_delivered_later()
      throws Exception {
    AtomicBoolean away = new AtomicBoolean(true);
    try (ClusterRun run =
        ClusterRun.start(
            "sink-away",
            1,
            moment ->
                away.get() && moment.stage() == Stage.RCPT
                    ? Action.reply("451 4.3.2 Not now")
                    : Action.PROCEED,
            options -> options)) {
      NodeProcess node = run.cluster.node("n1");
      try (LoadClient load = run.load(MESSAGES, 21)) {
        assertThat(load.await(ClusterRun.BOUND)).isZero();
      }
      Await.until(ClusterRun.BOUND, "mail is deferred", () -> deferred(run, node) > 0);
      assertThat(run.sink.messages()).isZero();

      node.kill();
      run.cluster.startAll(ClusterRun.BOUND);
      run.accepted(node, Mail.of(22, 1, 1000, 1));
      away.set(false);
      assertThat(run.settle().doubled()).isZero();
    }
  }

  private static long deferred(ClusterRun run, NodeProcess node) {
    try {
      StatusResponse status = run.cluster.status(node);
      return status.getZonesList().stream().mapToLong(ZoneStatus::getDeferred).sum();
    } catch (UnreachableException e) {
      return 0;
    }
  }
}
