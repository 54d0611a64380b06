package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DropUploads;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.api.log.StoreMessage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProposerTest {
  /** Takes entries, and holds each until it is let go. */
  private static final class Log implements Proposer.Raft {
    private record Taken(ProposedEntry entry, Thread by, CompletableFuture<@Nullable Void> done) {
      List<Record> records() {
        return entry.proposals().stream().map(ProposedEntry.Proposal::record).toList();
      }

      /** The entry is applied: every record is accepted. */
      void apply(long index) {
        List<Answer> answers = new ArrayList<>();
        entry.proposals().forEach(proposal -> answers.add(new Answer.Accepted(index, 0)));
        entry.answer(answers);
        done.complete(null);
      }
    }

    private final BlockingQueue<Taken> taken = new LinkedBlockingQueue<>();

    @Override
    public boolean leading() {
      return true;
    }

    @Override
    public NotLeaderException notLeader() {
      return new NotLeaderException("g", Optional.empty());
    }

    @Override
    public CompletableFuture<@Nullable Void> submit(ProposedEntry entry) {
      CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
      taken.add(new Taken(entry, Thread.currentThread(), done));
      return done;
    }

    Taken next() throws InterruptedException {
      Taken entry = taken.poll(20, TimeUnit.SECONDS);
      assertThat(entry).as("an entry is made").isNotNull();
      return entry;
    }
  }

  private static final Record OUTCOMES =
      Record.newBuilder().setOutcomes(Outcomes.newBuilder().setNode(1)).build();
  private static final Record CLAIM =
      Record.newBuilder().setClaim(ClaimDeliveries.newBuilder().setNode(1)).build();

  private final Log log = new Log();
  private final Proposer proposer = new Proposer("g", log, InstantSource.system());

  ProposerTest() {
    proposer.start();
  }

  @AfterEach
  void end() {
    proposer.close();
  }

  private static Record message(String id) {
    return Record.newBuilder()
        .setStoreMessage(StoreMessage.newBuilder().setId(ByteString.copyFromUtf8(id)))
        .build();
  }

  private static Record other(String id) {
    return Record.newBuilder()
        .setDropUploads(DropUploads.newBuilder().addIds(ByteString.copyFromUtf8(id)))
        .build();
  }

  @Test
  void aLoneMessageGoesOutOnItsCallersThread() throws InterruptedException {
    CompletableFuture<Answer> answer = proposer.propose(message("a"));
    Log.Taken entry = log.next();
    assertThat(entry.by()).isSameAs(Thread.currentThread());
    assertThat(answer).isNotDone();
    entry.apply(7);
    assertThat(answer.join()).isEqualTo(new Answer.Accepted(7, 0));
  }

  @Test
  void anEntryThatCannotBeMadeIsRefusedAndTheNextOneIsMade() throws InterruptedException {
    AtomicBoolean broken = new AtomicBoolean(true);
    InstantSource clock =
        () -> {
          if (broken.get()) {
            throw new IllegalStateException("this clock has stopped");
          }
          return Instant.EPOCH;
        };
    try (Proposer other = new Proposer("g", log, clock)) {
      other.start();
      assertThat(other.propose(other("a")).handle((answer, trouble) -> trouble).join())
          .hasMessage("this clock has stopped");
      broken.set(false);
      CompletableFuture<Answer> answer = other.propose(other("b"));
      log.next().apply(7);
      assertThat(answer.join()).isEqualTo(new Answer.Accepted(7, 0));
    }
  }

  @Test
  void whatComesInWhileAnEntryIsOnItsWayIsTheNextOneInOrder() throws InterruptedException {
    var _ = proposer.propose(message("a"));
    Log.Taken first = log.next();
    var _ = proposer.propose(message("b"));
    var _ = proposer.propose(other("c"));
    var _ = proposer.propose(message("d"));
    assertThat(log.taken).as("one entry at a time").isEmpty();
    first.apply(1);
    assertThat(log.next().records()).containsExactly(message("b"), other("c"), message("d"));
  }

  private static Record chunk(int number) {
    return Record.newBuilder()
        .setStoreChunk(
            StoreChunk.newBuilder()
                .setNumber(number)
                .setBody(ByteString.copyFrom(new byte[256 << 10])))
        .build();
  }

  @Test
  void whatIsWorthAnEntryByItsSizeFollowsOneThatIsOnItsWayButNotTwo() throws InterruptedException {
    var _ = proposer.propose(chunk(0));
    Log.Taken first = log.next();
    var _ = proposer.propose(chunk(1));
    assertThat(log.taken).as("a chunk alone gathers").isEmpty();
    var _ = proposer.propose(chunk(2));
    Log.Taken second = log.next();
    assertThat(second.records()).containsExactly(chunk(1), chunk(2));
    for (int number = 3; number < 9; number++) {
      var _ = proposer.propose(chunk(number));
    }
    assertThat(log.taken).as("two entries at a time").isEmpty();
    first.apply(1);
    Log.Taken third = log.next();
    assertThat(third.records()).containsExactly(chunk(3), chunk(4), chunk(5), chunk(6));
    assertThat(log.taken).as("two entries at a time").isEmpty();
    second.apply(2);
    Log.Taken fourth = log.next();
    assertThat(fourth.records()).containsExactly(chunk(7), chunk(8));
    var _ = proposer.propose(message("a"));
    third.apply(3);
    assertThat(log.taken).as("a message gathers, whatever the size before it").isEmpty();
    fourth.apply(4);
    assertThat(log.next().records()).containsExactly(message("a"));
  }

  @Test
  void outcomesRideAlongAheadOfTheNextMessages() throws InterruptedException {
    var _ = proposer.propose(message("a"));
    Log.Taken first = log.next();
    var _ = proposer.propose(message("b"));
    CompletableFuture<Answer> answer = proposer.propose(OUTCOMES);
    first.apply(1);
    Log.Taken second = log.next();
    assertThat(second.records()).containsExactly(OUTCOMES, message("b"));
    second.apply(2);
    assertThat(answer.join()).isEqualTo(new Answer.Accepted(2, 0));
  }

  @Test
  void outcomesThatNothingFollowsGetAnEntryOfTheirOwn() throws InterruptedException {
    CompletableFuture<Answer> answer = proposer.propose(OUTCOMES);
    Log.Taken entry = log.next();
    assertThat(entry.records()).containsExactly(OUTCOMES);
    assertThat(entry.by()).as("nobody is made to wait").isNotSameAs(Thread.currentThread());
    entry.apply(3);
    assertThat(answer.join()).isEqualTo(new Answer.Accepted(3, 0));
  }

  @Test
  void aCompanionSeesEachEntryAndItsRecordsAreAnsweredWithIt() throws InterruptedException {
    CompletableFuture<Answer> claimed = new CompletableFuture<>();
    List<List<Record>> seen = new ArrayList<>();
    proposer.accompany(
        records -> {
          seen.add(records);
          return List.of(new Group.Added(CLAIM, claimed));
        });
    var _ = proposer.propose(message("a"));
    Log.Taken entry = log.next();
    assertThat(seen).containsExactly(List.of(message("a")));
    assertThat(entry.records()).containsExactly(message("a"), CLAIM);
    entry.apply(4);
    assertThat(claimed.join()).isEqualTo(new Answer.Accepted(4, 0));
  }

  @Test
  void aCompanionThatStumblesDoesNotHoldUpTheEntry() throws InterruptedException {
    proposer.accompany(
        records -> {
          throw new IllegalStateException("planted");
        });
    CompletableFuture<Answer> answer = proposer.propose(message("a"));
    log.next().apply(5);
    assertThat(answer.join()).isEqualTo(new Answer.Accepted(5, 0));
  }

  @Test
  void whatWaitsIsRefusedWhenLeadershipIsLostAndWhatJoinedEndsWithItsEntry()
      throws InterruptedException {
    CompletableFuture<Answer> claimed = new CompletableFuture<>();
    proposer.accompany(records -> List.of(new Group.Added(CLAIM, claimed)));
    CompletableFuture<Answer> onItsWay = proposer.propose(message("a"));
    Log.Taken first = log.next();
    CompletableFuture<Answer> waiting = proposer.propose(message("b"));
    CompletableFuture<Answer> patient = proposer.propose(OUTCOMES);
    proposer.leadershipLost();
    assertThat(waiting).failsWithin(Duration.ofSeconds(20));
    assertThat(patient).failsWithin(Duration.ofSeconds(20));
    assertThat(onItsWay).isNotDone();
    first.done().completeExceptionally(log.notLeader());
    assertThat(onItsWay).failsWithin(Duration.ofSeconds(20));
    assertThat(claimed).failsWithin(Duration.ofSeconds(20));
  }
}
