package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes whose disk was emptied, and their way back. */
@Timeout(120)
class RejoinTest {
  @TempDir Path directory;

  @Test
  void needsAreThoseOfTheArgument() {
    assertThat(List.of(1, 2, 3, 4, 5, 7).stream().map(Admission::needed))
        .containsExactly(0, 1, 2, 2, 3, 4);
    for (int nodes = 2; nodes < 10; nodes++) {
      int majority = nodes / 2 + 1;
      assertThat(Admission.needed(nodes) + (majority - 1))
          .as("two sets of the %s others always meet", nodes - 1)
          .isGreaterThan(nodes - 1);
    }
  }

  @Test
  void aNewClusterOfThreeIsFormedOnlyWithAllThree() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3)) {
      cluster.start("n1");
      cluster.start("n2");
      assertThat(Membership.open(cluster.data("n1")).state()).isEqualTo(Membership.State.NEW);
      assertThat(cluster.group("n1").leader()).isEmpty();
      cluster.start("n3");
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      // From then on a majority is enough.
      cluster.stop("n1");
      cluster.stop("n2");
      cluster.stop("n3");
      cluster.start("n1");
      cluster.start("n3");
      cluster.propose(TestCluster.token(2));
    }
  }

  @Test
  void i1_anEmptiedNodeIsRefusedAndElectsNobody() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      Down down = Down.of(cluster);
      cluster.start(down.lagging());
      cluster.start(down.emptied());
      CompletableFuture<Throwable> reason = new CompletableFuture<>();
      cluster.host(down.emptied()).onBroken(reason::complete);

      assertThat(reason.get(20, TimeUnit.SECONDS))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("node rejoin");
      cluster.stop(down.emptied());
      assertThat(cluster.group(down.lagging()).leader()).isEmpty();
      cluster.start(down.leader());
      cluster.propose(TestCluster.token(3));
      cluster.settle();
      assertThat(LedgerFold.tokens(cluster.group(down.lagging()).view()))
          .containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void i1_aNodeThatRejoinsVotesOnlyOnceItHasWhatWasCommitted() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      Down down = Down.of(cluster);
      String emptied = down.emptied();
      Membership.makeRejoining(cluster.data(emptied));
      assertThatThrownBy(() -> cluster.start(emptied)).hasMessageContaining("again");

      // The only other one that runs lacks what was acknowledged last.
      cluster.start(down.lagging());
      List<String> said = new CopyOnWriteArrayList<>();
      Thread rejoining = rejoin(cluster, emptied, said, new ArrayList<>());
      TestCluster.await("a question", () -> !said.isEmpty());
      TestCluster.await("its port", () -> cluster.group(down.lagging()).leader().isEmpty());
      assertThat(said).noneMatch(line -> line.startsWith("heard"));
      assertThat(Membership.open(cluster.data(emptied)).state())
          .isEqualTo(Membership.State.REJOINING);

      cluster.start(down.leader());
      rejoining.join();
      assertThat(said.getLast()).contains("is here");
      assertThat(Membership.open(cluster.data(emptied)).state()).isEqualTo(Membership.State.MEMBER);

      // It is a voter as before: with it alone the others' leader can be replaced.
      cluster.start(emptied);
      cluster.settle();
      cluster.stop(cluster.leader());
      cluster.propose(TestCluster.token(3));
      cluster.settle();
      assertThat(LedgerFold.tokens(cluster.group(cluster.running().getFirst()).view()))
          .containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void anInterruptedRejoinIsTakenUpAgainAndAnOldCopyIsRefused() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3, 1L << 20).startAll()) {
      for (int i = 0; i < 60; i++) {
        cluster.propose(TestCluster.chunk(i, new byte[100_000]));
      }
      cluster.settle();
      String emptied = cluster.follower();
      cluster.stop(emptied);
      Path old = directory.resolve("old");
      Files.move(cluster.data(emptied), old);
      Membership.makeRejoining(cluster.data(emptied));
      List<Throwable> ends = new CopyOnWriteArrayList<>();
      List<String> said = new CopyOnWriteArrayList<>();
      Thread first = rejoin(cluster, emptied, said, ends);
      TestCluster.await("an answer", () -> said.stream().anyMatch(line -> line.contains("heard")));
      first.interrupt();
      first.join();

      said.clear();
      Thread second = rejoin(cluster, emptied, said, new ArrayList<>());
      second.join();
      assertThat(said.getLast()).contains("is here");
      cluster.start(emptied);
      cluster.settle();
      assertThat(LedgerFold.digest(cluster.group(emptied).view()))
          .isEqualTo(LedgerFold.digest(cluster.group(cluster.leader()).view()));
      cluster.stop(emptied);

      Durable.remove(cluster.data(emptied));
      Files.move(old, cluster.data(emptied));
      CompletableFuture<Throwable> reason = new CompletableFuture<>();
      cluster.start(emptied).onBroken(reason::complete);
      assertThat(reason.get(20, TimeUnit.SECONDS)).hasMessageContaining("restored from a copy");
    }
  }

  /** Three nodes that are stopped: the last record is with the leader and the emptied one alone. */
  private record Down(String leader, String lagging, String emptied) {
    static Down of(TestCluster cluster) throws IOException {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      String lagging = cluster.follower();
      cluster.stop(lagging);
      cluster.propose(TestCluster.token(2));
      String leader = cluster.leader();
      String emptied =
          cluster.running().stream().filter(node -> !node.equals(leader)).findFirst().orElseThrow();
      cluster.stop(emptied);
      cluster.stop(leader);
      Durable.remove(cluster.data(emptied));
      return new Down(leader, lagging, emptied);
    }
  }

  private static Thread rejoin(
      TestCluster cluster, String node, List<String> said, List<Throwable> ends) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try (RaftHost host =
                  new RaftHost(
                      cluster.settings(node),
                      List.of(new GroupSpec(TestCluster.GROUP, new LedgerFold())),
                      UnaryOperator.identity(),
                      true)) {
                host.catchUp(said::add);
              } catch (Exception e) {
                ends.add(e);
              }
            });
  }
}
