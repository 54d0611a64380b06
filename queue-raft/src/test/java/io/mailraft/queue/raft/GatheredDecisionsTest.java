package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.Record;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is asked of a leader, and the decisions that come of it. */
class GatheredDecisionsTest {
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private final List<Record> proposed = new CopyOnWriteArrayList<>();
  private final List<CompletableFuture<Answer>> answers = new CopyOnWriteArrayList<>();
  private final List<Words> deciders = new ArrayList<>();
  private final AtomicInteger silent = new AtomicInteger();
  private final AtomicInteger broken = new AtomicInteger();
  private final GatheredDecisions<String> decisions =
      new GatheredDecisions<>(
          this::propose, this::decider, Duration.ofMillis(1), System::nanoTime, timer);

  /** A leader that repeats the words that wait. */
  private final class Words implements GatheredDecisions.Decider<String> {
    private final List<String> waiting = new ArrayList<>();
    private boolean closed;

    @Override
    public void ask(String question, long nowNanos) {
      waiting.add(question);
    }

    @Override
    public boolean waits() {
      return !waiting.isEmpty();
    }

    @Override
    public Optional<Record> decide(long nowNanos) {
      if (silent.getAndDecrement() > 0) {
        return Optional.empty();
      }
      Record said =
          Record.newBuilder().setGiveSends(GiveSends.newBuilder().addAllForgotten(waiting)).build();
      waiting.clear();
      return Optional.of(said);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private Words decider() {
    Words next = new Words();
    deciders.add(next);
    return next;
  }

  private CompletableFuture<Answer> propose(Record record) {
    if (broken.getAndDecrement() > 0) {
      throw new IllegalStateException("not proposed");
    }
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    answers.add(answer);
    proposed.add(record);
    return answer;
  }

  private List<String> said(int decision) {
    return proposed.get(decision).getGiveSends().getForgottenList();
  }

  private void awaitProposed(int count) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (proposed.size() < count && System.nanoTime() - end < 0) {
      // Behind whatever the timer has to do now.
      timer.schedule(() -> {}, 1, TimeUnit.MILLISECONDS).get();
    }
    assertThat(proposed).hasSize(count);
  }

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  @Test
  void what_is_asked_while_a_decision_is_on_its_way_is_the_next_one() throws Exception {
    decisions.leading(1);
    decisions.ask("a");
    awaitProposed(1);
    decisions.ask("b");
    decisions.ask("c");
    assertThat(proposed).hasSize(1);
    answers.getFirst().complete(new Answer.Accepted(1, 0));
    awaitProposed(2);
    assertThat(said(0)).containsExactly("a");
    assertThat(said(1)).containsExactly("b", "c");
    decisions.ask("d");
    answers.getLast().completeExceptionally(new BusyException("full"));
    awaitProposed(3);
    assertThat(said(2)).containsExactly("d");
  }

  @Test
  void who_does_not_lead_hears_nothing_and_a_later_leader_begins_anew() throws Exception {
    decisions.ask("nobody");
    decisions.leading(1);
    decisions.ask("a");
    awaitProposed(1);
    decisions.ask("lost");
    decisions.following(Optional.of("n2"));
    assertThat(deciders.getFirst().closed).isTrue();
    decisions.ask("nobody either");
    decisions.leading(3);
    decisions.ask("b");
    awaitProposed(2);
    assertThat(said(1)).containsExactly("b");
    // The end of an earlier term's decision says nothing of this term's.
    decisions.ask("c");
    answers.getFirst().complete(new Answer.Accepted(1, 0));
    assertThat(proposed).hasSize(2);
    answers.get(1).complete(new Answer.Accepted(2, 0));
    awaitProposed(3);
    assertThat(said(2)).containsExactly("c");
  }

  @Test
  void where_nothing_can_be_said_yet_it_is_looked_at_again() throws Exception {
    silent.set(3);
    decisions.leading(1);
    decisions.ask("a");
    awaitProposed(1);
    assertThat(said(0)).containsExactly("a");
  }

  @Test
  void a_proposal_that_throws_is_lost_and_the_next_question_is_decided() throws Exception {
    broken.set(1);
    decisions.leading(1);
    decisions.ask("a");
    awaitBroken();
    decisions.ask("b");
    awaitProposed(1);
    assertThat(said(0)).containsExactly("b");
  }

  private void awaitBroken() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (broken.get() > 0 && System.nanoTime() - end < 0) {
      timer.schedule(() -> {}, 1, TimeUnit.MILLISECONDS).get();
    }
    assertThat(broken).hasValueLessThanOrEqualTo(0);
  }
}
