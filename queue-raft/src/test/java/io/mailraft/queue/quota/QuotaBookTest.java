package io.mailraft.queue.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.QuotaGrant;
import io.mailraft.config.Quota;
import io.mailraft.queue.quota.Counter.Period;
import io.mailraft.queue.quota.Counter.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a node says and takes of its units. */
final class QuotaBookTest {
  private static final Counter COUNTER =
      new Counter(Scope.ACCOUNT, "shop", Quota.Unit.MESSAGES, Period.HOUR);
  private static final long HOUR = 3_600_000;

  private long now = 1;
  private final QuotaBook book = new QuotaBook(() -> now, () -> {});

  private QuotaQuestion asked() {
    List<QuotaQuestion> asked = book.step();
    assertThat(asked).hasSize(1);
    return asked.getFirst();
  }

  private void give(QuotaQuestion question, long epoch, long part) {
    book.given(
        GiveQuota.newBuilder()
            .setMillis(HOUR)
            .addGrants(
                QuotaGrant.newBuilder()
                    .setCounter(COUNTER.name())
                    .setNode(1)
                    .setEpoch(epoch)
                    .setQuestion(question.getQuestion())
                    .setWindowMillis(HOUR)
                    .setPart(part)
                    .setLimit(100))
            .build(),
        1,
        epoch);
  }

  @Test
  void unitsOfALeaseThatIsOverAreNotGivenBackUnderTheNextOne() {
    QuotaBook.Waiter first = book.take(Map.of(COUNTER, 5L));
    give(asked(), 7, 20);
    Charge charge = first.done().join();

    book.reset();
    QuotaBook.Waiter second = book.take(Map.of(COUNTER, 4L));
    give(asked(), 8, 30);
    second.done().join();

    charge.giveBack();
    now += Duration.ofSeconds(3).toNanos();
    QuotaQuestion idle = asked();
    assertThat(idle.getUsed()).as("of the present lease").isEqualTo(4);
    assertThat(idle.getKeep()).isEqualTo(4);
  }
}
