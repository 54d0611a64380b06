package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.config.HostPort;
import io.mailraft.queue.store.Position;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A group on three nodes. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class ThreeNodesTest {
  @TempDir Path directory;

  @Test
  void i1_nothingThatWasAcknowledgedIsLostWhenTheLeaderGoes() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      cluster.leader();
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong next = new AtomicLong();
      Queue<Long> acknowledged = new ConcurrentLinkedQueue<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        for (int i = 0; i < 4; i++) {
          threads.execute(
              () -> {
                while (!stop.get()) {
                  long token = next.incrementAndGet();
                  cluster.propose(TestCluster.token(token));
                  acknowledged.add(token);
                }
              });
        }
        TestCluster.await("records", () -> acknowledged.size() > 200);
        String old = cluster.leader();
        cluster.stop(old);
        int then = acknowledged.size();
        TestCluster.await("records after the election", () -> acknowledged.size() > then + 200);
        cluster.start(old);
        stop.set(true);
      }
      long index = cluster.settle();

      List<Long> tokens = LedgerFold.tokens(cluster.group(cluster.leader()).view());
      assertThat(tokens).containsAll(acknowledged);
      assertThat(index).isPositive();
      i8_replicasAtOneIndexAreEqual(cluster);
    }
  }

  private static void i8_replicasAtOneIndexAreEqual(TestCluster cluster) {
    cluster.settle();
    Integer expected = null;
    for (String node : cluster.running()) {
      int digest = LedgerFold.digest(cluster.group(node).view());
      assertThat(expected == null ? digest : expected).as(node).isEqualTo(digest);
      expected = digest;
    }
  }

  @Test
  void aFollowerRefusesAndNamesTheLeaderAndLeadershipCanBeHandedOver() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      String leader = cluster.leader();
      String follower = cluster.follower();
      TestCluster.await(
          "a known leader", () -> cluster.group(follower).leader().equals(Optional.of(leader)));

      assertThatThrownBy(
              () -> cluster.group(follower).propose(TestCluster.token(1)).get(10, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              NotLeaderException.class, refusal -> assertThat(refusal.leader()).contains(leader));

      cluster.propose(TestCluster.token(1));
      cluster.host(leader).transferLeadership(Duration.ofSeconds(5));
      TestCluster.await("another leader", () -> !cluster.leader().equals(leader));
      assertThat(cluster.group(leader).leading()).isFalse();
    }
  }

  @Test
  void withoutAMajorityNothingIsAcknowledgedAndEveryProposalEnds() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      String leader = cluster.leader();
      cluster.running().stream().filter(node -> !node.equals(leader)).forEach(cluster::stop);

      assertThatThrownBy(
              () -> cluster.group(leader).propose(TestCluster.token(1)).get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NotLeaderException.class);
      assertThat(cluster.group(leader).leading()).isFalse();
    }
  }

  @Test
  void clustersOfDifferentNamesDoNotMixEvenOnEachOthersPorts() throws Exception {
    Map<String, HostPort> peers = TestCluster.freePeers(3);
    try (TestCluster ours =
            new TestCluster(
                directory.resolve("a"), "ours", peers, 1L << 40, _ -> Optional.empty());
        TestCluster theirs =
            new TestCluster(
                directory.resolve("b"), "theirs", peers, 1L << 40, _ -> Optional.empty())) {
      theirs.settled().start("n3");
      ours.settled();
      ours.start("n1");
      ours.start("n2");
      for (int i = 0; i < 100; i++) {
        ours.propose(TestCluster.token(i));
      }

      assertThat(theirs.group("n3").leader()).isEmpty();
      assertThat(theirs.group("n3").applied()).isEqualTo(Position.START);
      assertThat(ours.group("n1").leader()).isIn(Optional.of("n1"), Optional.of("n2"));
    }
  }
}
