package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.testkit.Script;
import org.junit.jupiter.api.Test;

/** One node of three is left, and it is not the leader. */
class NoMajorityTest {

  @Test
  void i1_without_a_majority_mail_is_refused_for_now_and_nothing_of_it_is_stored()
      throws Exception {
    try (ClusterRun run =
        ClusterRun.start(
            "no-majority",
            3,
            Script.OBEDIENT,
            options ->
                options.withSettings(ClusterRun.QUICK_RETRY + "queue: { submitTimeout: 12s }\n"))) {
      NodeProcess left = run.follower();
      for (NodeProcess node : run.cluster.nodes()) {
        if (node != left) {
          node.kill();
        }
      }
      // There is no leader that could have it in its log, so that a copy that arrives is a mistake.
      Mail refused = Mail.of(12, 1, 1000, 2);
      run.ledger.planned(refused);
      try (SmtpSession session = run.session(left)) {
        assertThat(session.submit(refused))
            .isInstanceOfSatisfying(
                SmtpSession.Submitted.Refused.class,
                answer -> {
                  assertThat(answer.reply().code()).isEqualTo(451);
                  assertThat(answer.reply().text()).startsWith("4.3.0 ");
                });
      }
      assertThat(run.cluster.httpStatus(left, "/healthz")).isEqualTo(200);
      Await.until(
          ClusterRun.BOUND,
          "the node says that it is not ready",
          () -> run.cluster.httpStatus(left, "/readyz") == 503);

      run.cluster.startAll(ClusterRun.BOUND);
      run.accepted(left, Mail.of(12, 2, 1000, 2));
      assertThat(run.settle().acceptedMessages()).isEqualTo(1);
      run.assertReplicasEqual();
    }
  }
}
