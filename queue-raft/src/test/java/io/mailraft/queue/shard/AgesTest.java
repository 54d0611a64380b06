package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.MessageId;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How old the oldest delivery of a zone is. */
class AgesTest {
  private static final long START = 1_700_000_000_000L;

  private final Ages ages = new Ages();

  private static MessageId at(long millis) {
    return new MessageId(millis << 20, 0);
  }

  @Test
  void the_oldest_counts_until_it_is_gone() {
    ages.add("z", at(START), 1);
    ages.add("z", at(START), 1);
    ages.add("z", at(START + 60_000), 1);
    ages.add("y", at(START + 30_000), 1);
    ages.add("z", at(START), -1);
    assertThat(ages.oldest().get("z")).isBetween(START - 1024, START);
    ages.add("z", at(START), -1);
    assertThat(ages.oldest().get("z")).isBetween(START + 60_000 - 1024, START + 60_000);
    ages.add("z", at(START + 60_000), -1);
    assertThat(ages.oldest()).containsOnlyKeys("y");
  }

  @Test
  void a_backlog_of_days_is_told_within_a_thousandth_of_its_age() {
    Random random = new Random(1);
    ArrayDeque<Long> waiting = new ArrayDeque<>();
    long now = START;
    for (int i = 0; i < 200_000; i++) {
      now += random.nextInt(5_000);
      ages.add("z", at(now), 1);
      waiting.add(now);
      if (random.nextInt(3) == 0) {
        ages.add("z", at(waiting.remove()), -1);
      }
    }
    for (; !waiting.isEmpty(); ages.add("z", at(waiting.remove()), -1)) {
      long oldest = ages.oldest().getOrDefault("z", Long.MAX_VALUE);
      assertThat(oldest).isLessThanOrEqualTo(waiting.peek());
      assertThat(waiting.peek() - oldest)
          .isLessThanOrEqualTo(Math.max(1024, (now - START) / (Ages.STEPS_MAX / 2)));
    }
    assertThat(ages.oldest()).isEmpty();
  }
}
