package io.mailraft.queue.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a leader's choice leaves behind. */
final class QuotaAllotterTest {
  private static final long NODE_EPOCH = 7;
  private static final long MINUTE = 60_000;

  private final MemoryStore store = new MemoryStore(List.of(QuotaTable.QUOTAS));
  private final QuotaTable table = new QuotaTable();
  private final QuotaAllotter allotter = new QuotaAllotter(table, counter -> OptionalInt.of(10), 0);
  private long index;
  private long questions;

  private void ask(String domain, long nanos) {
    allotter.ask(
        new QuotaAllotter.Question(
            1,
            NODE_EPOCH,
            QuotaQuestion.newBuilder()
                .setCounter("domain:" + domain + " messages/minute")
                .setQuestion(++questions)
                .setLeast(1)
                .setWaiting(1)
                .setWanted(1)
                .build(),
            nanos));
  }

  private void decide(long millis) {
    long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
    GiveQuota decision = allotter.decide(millis, nanos, Map.of(1, NODE_EPOCH));
    Batch batch = store.begin();
    table.apply(decision, batch);
    store.commit(batch, new Position(1, ++index, index));
  }

  /** Each minute 6,000 domains write that never did before: more than one decision answers. */
  @Test
  void domainsThatWroteInPastMinutesDoNotAddUp() {
    table.load(store);
    int each = 6000;
    for (int minute = 1; minute <= 10; minute++) {
      long millis = minute * MINUTE + 5000;
      for (int i = 0; i < each; i++) {
        ask("d" + minute + "-" + i + ".example", TimeUnit.MILLISECONDS.toNanos(millis));
      }
      for (int decisions = 0; decisions < 10 && allotter.waits(); decisions++) {
        decide(millis + decisions * 250L);
      }
      assertThat(allotter.waits()).isFalse();
    }
    assertThat(table.rows()).hasSize(each);
  }
}
