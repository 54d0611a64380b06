package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import io.mailraft.ops.chaos.Verdict;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that run full under load: below what nodes keep free, and to the last byte. */
@Tag("long")
class FullDiskTest {
  private static final int MESSAGES = 3000;
  private static final long LEFT_BYTES = 40L << 20;
  private static final String SETTINGS =
      ClusterRun.QUICK_RETRY + "queue: { minFreeBytes: 64MiB, submitTimeout: 5s }\n";

  @TempDir Path place;

  private ClusterRun start(String name, Disks disks, Script script) throws Exception {
    return ClusterRun.start(
        name, 3, script, options -> options.withPlaces(disks.places()).withSettings(SETTINGS));
  }

  @Test
  void mail_is_refused_for_now_while_all_disks_are_nearly_full_and_delivery_goes_on()
      throws Exception {
    AtomicBoolean away = new AtomicBoolean(true);
    Script script =
        moment ->
            away.get() && moment.stage() == Stage.RCPT
                ? Action.reply("451 4.3.2 Not now")
                : Action.PROCEED;
    try (Disks disks = Disks.create(place, 3);
        ClusterRun run = start("full-disk-all", disks, script)) {
      List<NodeProcess> nodes = run.cluster.nodes();
      try (LoadClient load = run.load(60, 51)) {
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      for (NodeProcess node : nodes) {
        disks.of(node).fill(LEFT_BYTES);
      }
      for (int i = 0; i < nodes.size(); i++) {
        Mail refused = Mail.of(52, i, 1000, 1);
        run.ledger.planned(refused);
        assertRefused(run, nodes.get(i), refused);
      }
      away.set(false);
      run.ledger.awaitAllArrived(ClusterRun.BOUND);
      for (NodeProcess node : nodes) {
        disks.of(node).free();
      }
      run.cluster.awaitDrained(ClusterRun.BOUND);
      try (LoadClient load = run.load(60, 53)) {
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      Verdict verdict = run.settle();
      assertThat(verdict.acceptedMessages()).isEqualTo(120);
      assertThat(verdict.doubled()).isZero();
      run.assertReplicasEqual();
    }
  }

  private static void assertRefused(ClusterRun run, NodeProcess node, Mail mail) throws Exception {
    try (SmtpSession session = run.session(node)) {
      assertThat(session.submit(mail))
          .isInstanceOfSatisfying(
              SmtpSession.Submitted.Refused.class,
              answer -> {
                assertThat(answer.reply().code()).isEqualTo(452);
                assertThat(answer.reply().text()).startsWith("4.3.1 ");
              });
    }
  }

  @Test
  void i2_nothing_is_lost_when_the_leaders_disk_is_full_to_the_last_byte() throws Exception {
    fullToTheLastByte("full-disk-leader", true);
  }

  @Test
  void i2_nothing_is_lost_when_a_followers_disk_is_full_to_the_last_byte() throws Exception {
    fullToTheLastByte("full-disk-follower", false);
  }

  private void fullToTheLastByte(String name, boolean leads) throws Exception {
    try (Disks disks = Disks.create(place, 3);
        ClusterRun run = start(name, disks, Script.OBEDIENT)) {
      NodeProcess victim = leads ? run.leader() : run.follower();
      try (LoadClient load = run.load(MESSAGES, 54)) {
        run.ledger.awaitAccepted(50, ClusterRun.BOUND);
        run.ledger.pathFault(victim.id());
        disks.of(victim).fill();
        System.err.println(victim.id() + " is full at " + run.ledger.acceptedMessages());
        if (leads) {
          Await.until(
              ClusterRun.BOUND,
              "the leader refuses or ends",
              () -> !victim.isAlive() || load.lastRefusal().orElse("").contains("452 4.3.1"));
        } else {
          run.awaitProgress(100);
        }
        run.ledger.pathFault(victim.id());
        disks.of(victim).free();
        if (!victim.isAlive()) {
          System.err.println(victim.id() + " had ended");
        }
        run.cluster.startAll(ClusterRun.BOUND);
        assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
      }
      run.settle();
      assertThat(run.ledger.acceptedMessages()).isEqualTo(MESSAGES);
      run.assertReplicasEqual();
    }
  }
}
