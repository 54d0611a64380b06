package io.mailraft.queue.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.SendGrant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SendBookTest {
  private static final long MILLI = 1_000_000;
  private static final String ZONE = "zone:bulk";
  private static final String DOMAIN = "example.com";

  private long now = 7;
  private long lateness = 1000;
  private final SendBook book = new SendBook(() -> now, () -> {});
  private final List<Long> rooms = new ArrayList<>();

  /** What is asked by a time, step by step. */
  private List<SendQuestion> until(long millis) {
    List<SendQuestion> asked = new ArrayList<>();
    SendBook.Step step = book.step();
    while (true) {
      asked.addAll(step.questions());
      step.rooms().forEach(Runnable::run);
      long next = step.nextNanos();
      if (next == Long.MAX_VALUE || next > millis * MILLI) {
        now = millis * MILLI;
        return asked;
      }
      now = Math.max(now + 1, next);
      step = book.step();
    }
  }

  private void give(SendQuestion to, long firstMillis, long spacingMillis, int count) {
    book.given(
        GiveSends.newBuilder()
            .setClockNanos(now)
            .addGrants(
                SendGrant.newBuilder()
                    .setCounter(to.getCounter())
                    .setNode(1)
                    .setEpoch(1)
                    .setQuestion(to.getQuestion())
                    .setFirstNanos(firstMillis * MILLI)
                    .setSpacingNanos(spacingMillis * MILLI)
                    .setLatenessNanos(lateness * MILLI)
                    .setCount(count))
            .build(),
        1,
        1);
  }

  private void await(List<String> counters, int sends) {
    book.await(counters, sends, () -> rooms.add(now));
  }

  @Test
  void sendsAreReadyWhileTheyMayBeTakenUnderEveryCounter() {
    assertThat(book.ready(List.of(DOMAIN))).as("nothing was asked for").isFalse();
    await(List.of(DOMAIN), 2);
    give(until(20).getFirst(), 200, 100, 2);
    assertThat(book.ready(List.of(DOMAIN))).as("before the first is due").isFalse();
    now = 250 * MILLI;
    assertThat(book.ready(List.of(DOMAIN))).isTrue();
    assertThat(book.ready(List.of(ZONE, DOMAIN))).isFalse();
    assertThat(book.take(List.of(DOMAIN), 1)).isEqualTo(1);
    assertThat(book.ready(List.of(DOMAIN))).as("before the second is due").isFalse();
    now = 350 * MILLI;
    assertThat(book.ready(List.of(DOMAIN))).isTrue();
    now = 1400 * MILLI;
    assertThat(book.ready(List.of(DOMAIN))).as("when it is too old").isFalse();
  }

  @Test
  void itAsksEveryHalfSecondAtMostAndNoLaterWhileItLacks() {
    await(List.of(DOMAIN), 10);
    List<SendQuestion> first = until(20);
    assertThat(first).extracting(SendQuestion::getSends).containsExactly(10);
    give(first.getFirst(), 200, 100, 2);
    assertThat(until(490)).isEmpty();
    assertThat(rooms).isNotEmpty();
    assertThat(book.take(List.of(DOMAIN), 8)).isEqualTo(2);
    await(List.of(DOMAIN), 6);
    assertThat(until(499)).isEmpty();
    assertThat(until(501)).extracting(SendQuestion::getSends).containsExactly(6);
  }

  @Test
  void aQuestionWithoutAnAnswerIsAskedAgainAndALateAnswerCounts() {
    await(List.of(DOMAIN), 3);
    SendQuestion first = until(10).getFirst();
    List<SendQuestion> again = until(1100);
    assertThat(again).hasSize(1);
    lateness = 3000;
    give(first, 1200, 10, 3);
    until(1300);
    assertThat(book.take(List.of(DOMAIN), 3)).isEqualTo(3);
  }

  @Test
  void nothingIsTakenFromAZoneForADomainWhoseNextSlotIsFar() {
    await(List.of(ZONE, DOMAIN), 5);
    List<SendQuestion> first = until(10);
    assertThat(first).extracting(SendQuestion::getCounter).containsExactlyInAnyOrder(ZONE, DOMAIN);
    for (SendQuestion asked : first) {
      give(asked, asked.getCounter().equals(DOMAIN) ? 60_000 : 10, 10, 1);
    }
    // What was asked before the domain's slot was known has passed unused.
    assertThat(until(58_900)).isEmpty();
    List<SendQuestion> then = until(59_100);
    assertThat(then).extracting(SendQuestion::getCounter).containsExactly(ZONE);
    assertThat(then).extracting(SendQuestion::getSends).containsExactly(1);
    give(then.getFirst(), 60_000, 10, 1);
    until(60_500);
    assertThat(rooms).hasSize(1);
    assertThat(book.take(List.of(ZONE, DOMAIN), 5)).isEqualTo(1);
  }

  @Test
  void a_counter_is_spent_when_three_questions_in_a_row_had_no_answer() {
    assertThat(book.spent(DOMAIN)).isFalse();
    await(List.of(DOMAIN), 5);
    SendQuestion first = until(1).getFirst();
    assertThat(until(1500)).hasSize(1);
    assertThat(book.spent(DOMAIN)).isFalse();
    assertThat(until(2500)).hasSize(1);
    assertThat(book.spent(DOMAIN)).isTrue();
    give(first, 2500, 1, 2);
    assertThat(book.spent(DOMAIN)).isFalse();
  }
}
