package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.Position;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A group on one node. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
class OneNodeTest {
  @TempDir Path directory;
  private TestCluster cluster;

  @BeforeEach
  void startNode() throws Exception {
    cluster = TestCluster.of(directory, 1).startAll();
  }

  @AfterEach
  void stopNode() {
    cluster.close();
  }

  @Test
  void aRecordIsAnsweredOnceItIsApplied() throws Exception {
    cluster.leader();
    Group group = cluster.group("n1");

    Answer answer = group.propose(TestCluster.token(7)).get(10, TimeUnit.SECONDS);

    assertThat(answer).isInstanceOf(Answer.Accepted.class);
    assertThat(LedgerFold.tokens(group.view())).containsExactly(7L);
    assertThat(group.applied().index()).isGreaterThanOrEqualTo(answer.index());
    assertThat(group.committedIndex()).isGreaterThanOrEqualTo(answer.index());
    assertThat(group.applied().stampMillis()).isPositive();
    assertThat(group.leader()).contains("n1");
    assertThat(group.awaitApplied(answer.index()).get(10, TimeUnit.SECONDS).index())
        .isGreaterThanOrEqualTo(answer.index());
  }

  @Test
  void concurrentRecordsShareEntries() throws Exception {
    cluster.leader();
    Group group = cluster.group("n1");
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      answers.add(group.propose(TestCluster.token(i)));
    }
    CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);

    assertThat(cluster.fold("n1").count()).isEqualTo(2000);
    assertThat(cluster.fold("n1").entries()).isLessThan(500);
  }

  @Test
  void recordsOfOneCallerAreAppliedInTheirOrder() throws Exception {
    cluster.leader();
    Group group = cluster.group("n1");
    int callers = 8;
    int each = 400;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> done = new ArrayList<>();
      for (int caller = 0; caller < callers; caller++) {
        long base = caller * 1_000_000L;
        done.add(
            threads.submit(
                () -> {
                  CompletableFuture<Answer> last = null;
                  for (int i = 0; i < each; i++) {
                    last = group.propose(TestCluster.token(base + i));
                  }
                  return last == null ? null : last.get(20, TimeUnit.SECONDS);
                }));
      }
      for (Future<?> one : done) {
        one.get(30, TimeUnit.SECONDS);
      }
    }
    List<Long> tokens = LedgerFold.tokens(group.view());
    assertThat(tokens).hasSize(callers * each);
    for (int caller = 0; caller < callers; caller++) {
      long base = caller * 1_000_000L;
      assertThat(tokens.stream().filter(token -> token / 1_000_000 * 1_000_000 == base))
          .containsExactlyElementsOf(LongStream.range(base, base + each).boxed().toList());
    }
  }

  @Test
  void aRestartReplaysAndStampsNeverGoBack() throws Exception {
    for (int i = 0; i < 50; i++) {
      cluster.propose(TestCluster.token(i));
    }
    Position before = cluster.group("n1").applied();
    cluster.stop("n1");
    cluster.start("n1");
    cluster.leader();

    assertThat(cluster.group("n1").applied().index()).isGreaterThanOrEqualTo(before.index());
    assertThat(cluster.group("n1").applied().stampMillis()).isEqualTo(before.stampMillis());
    assertThat(LedgerFold.tokens(cluster.group("n1").view()))
        .containsExactlyElementsOf(LongStream.range(0, 50).boxed().toList());
    cluster.propose(TestCluster.token(50));
    assertThat(cluster.fold("n1").count()).isEqualTo(51);
  }

  @Test
  void aWaiterForALaterIndexIsToldWhenItIsApplied() throws Exception {
    // A new leader may not have told yet that it applied the entry of its own election.
    cluster.propose(TestCluster.token(0));
    Group group = cluster.group("n1");
    long index = group.applied().index() + 2;
    CompletableFuture<Position> waiter = group.awaitApplied(index);
    cluster.propose(TestCluster.token(1));
    assertThat(waiter).isNotDone();
    cluster.propose(TestCluster.token(2));

    assertThat(waiter.get(10, TimeUnit.SECONDS).index()).isEqualTo(index);
  }

  @Test
  void waitersAndProposalsEndWhenTheHostCloses() throws Exception {
    cluster.leader();
    Group group = cluster.group("n1");
    CompletableFuture<Position> waiter = group.awaitApplied(1_000_000);
    cluster.stop("n1");

    assertThatThrownBy(() -> waiter.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NotLeaderException.class);
    assertThatThrownBy(() -> group.propose(TestCluster.token(1)).get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NotLeaderException.class);
  }

  @Test
  void aListenerHearsThatTheNodeLeadsAlsoWhenItComesLate() throws Exception {
    cluster.leader();
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    cluster
        .group("n1")
        .onLeadership(
            new Group.Listener() {
              @Override
              public void leading(long term) {
                heard.add("leading");
              }

              @Override
              public void following(Optional<String> leader) {
                heard.add("following");
              }
            });
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("leading");
    cluster.stop("n1");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("following");
  }

  @Test
  void aRecordOverTheLimitIsRefusedAtOnce() {
    cluster.leader();
    byte[] body = new byte[RaftSettings.RECORD_BYTES_MAX + 1];
    assertThatThrownBy(() -> cluster.group("n1").propose(TestCluster.chunk(1, body)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRecordOfTheLargestSizePasses() {
    byte[] body = new byte[RaftSettings.RECORD_BYTES_MAX - 100];
    assertThat(cluster.propose(TestCluster.chunk(1, body))).isInstanceOf(Answer.Accepted.class);
  }

  @Test
  void moreThanTheLimitOfWaitingBytesIsRefusedAsBusy() {
    cluster.leader();
    byte[] body = new byte[4 << 20];
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      answers.add(cluster.group("n1").propose(TestCluster.chunk(i, body)));
    }
    List<Throwable> refusals = new ArrayList<>();
    for (CompletableFuture<Answer> answer : answers) {
      try {
        answer.get(30, TimeUnit.SECONDS);
      } catch (Exception e) {
        refusals.add(e.getCause());
      }
    }
    assertThat(refusals).isNotEmpty().allMatch(BusyException.class::isInstance);
    assertThat(refusals.size()).isLessThan(64);
  }
}
