package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.member.Storage;
import io.mailraft.queue.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Nodes whose disk was emptied, and their way back. */
@Execution(ExecutionMode.CONCURRENT)
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
      awaitAcquaintance(cluster, "n1", "n2");
      awaitAcquaintance(cluster, "n2", "n1");
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
      Thread rejoining = rejoin(cluster, emptied, said::add, new ArrayList<>());
      awaitAcquaintance(cluster, down.lagging(), emptied);
      assertThat(cluster.group(down.lagging()).leader()).isEmpty();
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
      String leader = cluster.leader();
      Thread first =
          rejoin(
              cluster,
              emptied,
              line -> {
                if (line.startsWith("heard")) {
                  cluster.stop(leader); // So that it cannot come to an end.
                }
                said.add(line);
              },
              ends);
      TestCluster.await("a fetch", () -> said.stream().anyMatch(line -> line.contains("fetching")));
      first.interrupt();
      first.join();
      assertThat(ends).hasOnlyElementsOfType(InterruptedException.class).hasSize(1);

      cluster.start(leader);
      said.clear();
      Thread second = rejoin(cluster, emptied, said::add, new ArrayList<>());
      second.join();
      assertThat(said.getLast()).contains("is here");
      cluster.start(emptied);
      cluster.settle();
      assertThat(LedgerFold.digest(cluster.group(emptied).view()))
          .isEqualTo(LedgerFold.digest(cluster.group(cluster.leader()).view()));
      cluster.stop(emptied);

      Durable.remove(cluster.data(emptied));
      Files.move(old, cluster.data(emptied));
      assertThatThrownBy(() -> cluster.start(emptied)).hasMessageContaining("node rejoin");
    }
  }

  @Test
  void ofFiveOneThatWasAwayDuringARejoinKnowsTheNewStorageAllTheSame() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 5).startAll()) {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      awaitAcquaintance(cluster, "n5", "n1");
      cluster.stop("n5");
      cluster.stop("n1");
      Durable.remove(cluster.data("n1"));
      Membership.makeRejoining(cluster.data("n1"));
      rejoin(cluster, "n1", _ -> {}, new ArrayList<>()).join();

      cluster.start("n5");
      cluster.start("n1");
      Storage rejoined = Membership.open(cluster.data("n1")).storage();
      assertThat(rejoined.getGeneration()).isPositive();
      TestCluster.await(
          "the new storage", () -> rejoined.equals(known(cluster, "n5", "n1").orElseThrow()));
      cluster.propose(TestCluster.token(2));
      cluster.settle();
      assertThat(LedgerFold.tokens(cluster.group("n1").view())).containsExactly(1L, 2L);
    }
  }

  private static Optional<Storage> known(TestCluster cluster, String by, String node) {
    try {
      return Optional.ofNullable(Membership.open(cluster.data(by)).peers().get(node));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitAcquaintance(TestCluster cluster, String by, String node) {
    TestCluster.await(
        by + " with " + node + " noted",
        () -> {
          Path data = cluster.data(node);
          try {
            Storage its = Membership.open(data).storage();
            return known(cluster, by, node)
                .filter(storage -> storage.getNumber() == its.getNumber())
                .isPresent();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
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
      TestCluster cluster, String node, Consumer<String> progress, List<Throwable> ends) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try (RaftHost host =
                  new RaftHost(
                      cluster.settings(node),
                      List.of(new GroupSpec(TestCluster.GROUP, new LedgerFold())),
                      UnaryOperator.identity(),
                      true)) {
                host.catchUp(progress);
              } catch (Exception e) {
                ends.add(e);
              }
            });
  }
}
