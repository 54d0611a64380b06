package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Record;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.link.DiskFullException;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.shard.ShardSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's side of what it hands to a leader and takes from it, with a leader that is faked. */
class WayToTheLeaderTest {
  private static final CompletableFuture<Answer> DONE =
      CompletableFuture.completedFuture(new Answer.Accepted(9, 0));
  private static final long EPOCH = 5;

  @TempDir private Path directory;
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private GroupClient client(FakeDesk leader) {
    FakeDesk own = new FakeDesk(record -> DONE, (desk, credit) -> {});
    return new GroupClient(1, new FakeGroup(), own, Map.of(FakeGroup.LEADER, leader), timer);
  }

  private static Outcome outcome(int number, OutcomeKind kind) {
    return Outcome.newBuilder()
        .setId(new MessageId(number, 0).toByteString())
        .setSeq(1)
        .setKind(kind)
        .build();
  }

  private ClaimIntake intake(FakeDesk leader) {
    GroupClient client = client(leader);
    Shard shard =
        new Shard(
            0,
            "n1",
            new ShardSettings(
                Duration.ofHours(1), Duration.ofHours(1), Duration.ofDays(7), 1 << 20),
            InstantSource.system(),
            new ControlFold());
    shard.bind(client.group());
    return new ClaimIntake(1, client, shard, claims -> {}, timer);
  }

  private static ClaimDeliveries claim(int number, long index) {
    return ClaimDeliveries.newBuilder()
        .setNode(1)
        .setEpoch(EPOCH)
        .addDeliveries(
            DeliveryRef.newBuilder()
                .setId(new MessageId(number, 0).toByteString())
                .setSeq(1)
                .setClaim(index))
        .build();
  }

  @Test
  void aRecordThatNobodyAnswersIsGivenUpWhenItsTimeIsOver() throws Exception {
    GroupClient client =
        client(new FakeDesk(record -> new CompletableFuture<>(), (desk, credit) -> {}));
    CompletableFuture<Answer> answer =
        client.submit(Record.getDefaultInstance(), Duration.ofMillis(300));
    CompletableFuture<Answer> patient =
        client.submit(Record.getDefaultInstance(), Duration.ofHours(1));
    assertThat(answer).as("on its way, and no answer comes").isNotDone();
    QueueCluster.await(
        "end of its time",
        () -> {
          client.expire();
          return answer.isDone();
        });
    try {
      answer.get(30, TimeUnit.SECONDS);
      throw new AssertionError("answered");
    } catch (ExecutionException e) {
      assertThat(e.getCause())
          .isInstanceOfSatisfying(
              QueueException.class,
              refused -> assertThat(refused.reason()).isEqualTo(Reason.NO_MAJORITY));
    }
    assertThat(patient).isNotDone();
    assertThat(client.waiting()).isEqualTo(1);
    client.close();
    assertThat(client.waiting()).isZero();
  }

  @Test
  void i1_aRecordWhoseAnswerWasLostIsNotCalledRefusedWhereTheNextLeaderHasNoRoom() {
    ConcurrentLinkedQueue<CompletableFuture<Answer>> answers = new ConcurrentLinkedQueue<>();
    answers.add(CompletableFuture.failedFuture(new IllegalStateException("the link broke")));
    GroupClient client =
        client(
            new FakeDesk(
                record -> {
                  CompletableFuture<Answer> first = answers.poll();
                  return first == null ? full() : first;
                },
                (desk, credit) -> {}));
    assertThat(refusal(client.submit(Record.getDefaultInstance(), Duration.ofHours(1))))
        .satisfies(refused -> assertThat(refused.reason()).isEqualTo(Reason.NO_MAJORITY))
        .satisfies(refused -> assertThat(refused.mayBeStored()).isTrue());
    // Another one, which nobody else was asked for.
    assertThat(refusal(client.submit(Record.getDefaultInstance(), Duration.ofHours(1))))
        .satisfies(refused -> assertThat(refused.reason()).isEqualTo(Reason.DISK_FULL));
    client.close();
  }

  @Test
  void i1_aRecordThatIsStillWithOneLeaderIsNotCalledRefusedByTheNext() throws Exception {
    CompletableFuture<Answer> slow = new CompletableFuture<>();
    ConcurrentLinkedQueue<CompletableFuture<Answer>> answers =
        new ConcurrentLinkedQueue<>(List.of(slow));
    AtomicInteger refusals = new AtomicInteger();
    GroupClient client =
        client(
            new FakeDesk(
                record -> {
                  CompletableFuture<Answer> first = answers.poll();
                  if (first == null) {
                    refusals.incrementAndGet();
                    return full();
                  }
                  return first;
                },
                (desk, credit) -> {}));
    CompletableFuture<Answer> answer =
        client.submit(Record.getDefaultInstance(), Duration.ofHours(1));
    client.following(Optional.of(FakeGroup.LEADER));
    QueueCluster.await("refusals", () -> refusals.get() > 1);
    assertThat(answer).isNotDone();
    slow.complete(new Answer.Accepted(9, 0));
    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(new Answer.Accepted(9, 0));
    client.close();
  }

  private static CompletableFuture<Answer> full() {
    return CompletableFuture.failedFuture(new DiskFullException("no room"));
  }

  private static QueueException refusal(CompletableFuture<Answer> answer) {
    try {
      throw new AssertionError("answered: " + answer.get(30, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QueueException refused) {
        return refused;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void leadersThatComeAndGoMultiplyNoRetries() {
    CompletableFuture<Answer> first = new CompletableFuture<>();
    FakeDesk leader = new FakeDesk(record -> first, (desk, credit) -> {});
    GroupClient client = client(leader);
    var _ = client.submit(Record.getDefaultInstance(), Duration.ofHours(1));
    for (int i = 0; i < 20; i++) {
      client.following(Optional.of(FakeGroup.LEADER));
    }
    first.completeExceptionally(new io.mailraft.queue.raft.BusyException("full"));
    assertThat(timer.getQueue()).hasSizeLessThanOrEqualTo(1);
    client.close();
  }

  @Test
  void i2_anOutcomeThatCannotBeProposedHoldsUpNoOther() throws Exception {
    FakeDesk leader =
        new FakeDesk(
            record ->
                record.getOutcomes().getOutcomesList().stream()
                        .anyMatch(outcome -> outcome.getKind() == OutcomeKind.BOUNCED)
                    ? CompletableFuture.failedFuture(new IllegalArgumentException("never"))
                    : DONE,
            (desk, credit) -> {});
    List<Outcome> confirmed = new CopyOnWriteArrayList<>();
    try (OutcomeJournal journal = new OutcomeJournal(directory.resolve("outcomes"));
        OutcomeReporter reporter =
            new OutcomeReporter(
                "reporter", client(leader), journal, (outcome, epoch) -> confirmed.add(outcome))) {
      reporter.report(1, EPOCH, outcome(1, OutcomeKind.DELIVERED));
      reporter.report(1, EPOCH, outcome(2, OutcomeKind.BOUNCED));
      reporter.report(1, EPOCH, outcome(3, OutcomeKind.DELIVERED));
      reporter.start();
      QueueCluster.await("confirmations", () -> confirmed.size() == 3);
      QueueCluster.await("an empty journal", () -> journal.open().isEmpty());
    }
  }

  @Test
  void outcomesAreReportedOnAfterOneThatWentWrong() throws Exception {
    List<Outcome> confirmed = new CopyOnWriteArrayList<>();
    AtomicBoolean broken = new AtomicBoolean(true);
    try (OutcomeJournal journal = new OutcomeJournal(directory.resolve("outcomes"));
        OutcomeReporter reporter =
            new OutcomeReporter(
                "reporter",
                client(new FakeDesk(record -> DONE, (desk, credit) -> {})),
                journal,
                (outcome, epoch) -> {
                  if (broken.getAndSet(false)) {
                    throw new IllegalStateException("nobody to confirm it to");
                  }
                  confirmed.add(outcome);
                })) {
      reporter.start();
      reporter.report(1, EPOCH, outcome(1, OutcomeKind.DELIVERED));
      QueueCluster.await("trouble", () -> !broken.get());
      reporter.report(1, EPOCH, outcome(2, OutcomeKind.DELIVERED));
      QueueCluster.await("confirmations", () -> confirmed.size() == 2);
      QueueCluster.await("an empty journal", () -> journal.open().isEmpty());
    }
  }

  @Test
  void claimsCanBeHandedInWhileTheLeaderTakesCredit() {
    List<Boolean> handedIn = new CopyOnWriteArrayList<>();
    // The leader's lock, as the leader has it: who hands out holds it, who credits waits for it.
    FakeDesk leader =
        new FakeDesk(
            record -> DONE,
            (desk, credit) -> {
              Desk.Receiver receiver = desk.receivers.getLast();
              Thread handing = Thread.ofVirtual().start(() -> receiver.claims(claim(1, 3), 3));
              try {
                handedIn.add(handing.join(Duration.ofSeconds(20)));
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    try (ClaimIntake intake = intake(leader)) {
      intake.lease(new NodeLease.Held(1, EPOCH));
      intake.wants("default", 5);
      QueueCluster.await("a credit", () -> handedIn.equals(List.of(true)));
    }
  }

  @Test
  void i6_theConfirmationOfAnEarlierClaimDoesNotMakeTheNodeForgetALaterOne() {
    FakeDesk leader = new FakeDesk(record -> DONE, (desk, credit) -> {});
    try (ClaimIntake intake = intake(leader)) {
      intake.lease(new NodeLease.Held(1, EPOCH));
      intake.hold(claim(1, 3));
      Outcome returned = intake.named(outcome(1, OutcomeKind.RETURNED), EPOCH);
      assertThat(returned.getClaim()).isEqualTo(3);
      intake.hold(claim(1, 8));
      intake.settled(returned, EPOCH);
      assertThat(intake.held()).isEqualTo(1);
      intake.settled(intake.named(outcome(1, OutcomeKind.DELIVERED), EPOCH), EPOCH);
      assertThat(intake.held()).isZero();
    }
  }

  @Test
  void i2_claimsThatCannotBeReadGoBack() {
    FakeDesk leader = new FakeDesk(record -> DONE, (desk, credit) -> {});
    try (ClaimIntake intake = intake(leader)) {
      intake.lease(new NodeLease.Held(1, EPOCH));
      assertThat(leader.attached).hasSize(1);
      // There is no database behind the fake group: reading the rows throws.
      leader.receivers.getFirst().claims(claim(1, 3), 3);
      QueueCluster.await("another attachment", () -> leader.attached.size() == 2);
      assertThat(leader.attached.getLast().getHoldingList()).isEmpty();
    }
  }
}
