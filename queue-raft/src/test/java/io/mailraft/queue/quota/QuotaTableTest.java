package io.mailraft.queue.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.QuotaGrant;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a decision about quotas changes, and what is ignored. */
final class QuotaTableTest {
  private static final String COUNTER = "account:shop@example.com messages/hour";
  private static final long HOUR = 3_600_000;

  private final MemoryStore store = new MemoryStore(List.of(QuotaTable.QUOTAS));
  private final QuotaTable table = new QuotaTable();
  private long index;

  @BeforeEach
  void load() {
    table.load(store);
  }

  private static QuotaGrant.Builder grant(int node, long epoch, long question, long part) {
    return QuotaGrant.newBuilder()
        .setCounter(COUNTER)
        .setNode(node)
        .setEpoch(epoch)
        .setQuestion(question)
        .setWindowMillis(HOUR)
        .setPart(part)
        .setLimit(10);
  }

  private int apply(QuotaGrant.Builder grant) {
    return apply(GiveQuota.newBuilder().setMillis(HOUR).addGrants(grant).build()).getGrantsCount();
  }

  private GiveQuota apply(GiveQuota decision) {
    Batch batch = store.begin();
    GiveQuota valid = table.apply(decision, batch);
    store.commit(batch, new Position(1, ++index, index));
    return valid;
  }

  private long given() {
    return table.row(COUNTER).orElseThrow().given();
  }

  @Test
  void partsAreWhatTheGrantsSayAndNeverMoreThanTheLimit() {
    assertThat(apply(grant(1, 5, 1, 6))).isEqualTo(1);
    assertThat(apply(grant(2, 6, 1, 5))).isZero();
    assertThat(apply(grant(2, 6, 2, 4))).isEqualTo(1);
    assertThat(given()).isEqualTo(10);
  }

  @Test
  void aGrantThatIsDecidedTwiceCountsOnce() {
    assertThat(apply(grant(1, 5, 3, 4))).isEqualTo(1);
    assertThat(apply(grant(1, 5, 3, 8))).isZero();
    assertThat(apply(grant(1, 5, 2, 8))).isZero();
    assertThat(given()).isEqualTo(4);
  }

  @Test
  void aPartThatIsLoweredMakesRoom() {
    apply(grant(1, 5, 1, 10));
    apply(grant(1, 5, 2, 3));
    assertThat(apply(grant(2, 6, 1, 7))).isEqualTo(1);
  }

  @Test
  void aPartIsLoweredEvenWhereTheLimitIsLowerByNow() {
    apply(grant(1, 5, 1, 10));
    assertThat(apply(grant(1, 5, 2, 8).setLimit(2))).isEqualTo(1);
    assertThat(apply(grant(1, 5, 3, 9).setLimit(2))).isZero();
  }

  @Test
  void thePartOfAnEndedProcessIsLostForTheWindow() {
    apply(grant(1, 5, 9, 6));
    assertThat(apply(grant(1, 7, 1, 5))).isZero();
    assertThat(apply(grant(1, 7, 2, 4))).isEqualTo(1);
    assertThat(apply(grant(1, 5, 10, 0))).isZero();
    assertThat(given()).isEqualTo(10);
  }

  @Test
  void theNextWindowBeginsAtNothingAndTheLastOneIsOver() {
    apply(grant(1, 5, 1, 10));
    assertThat(apply(grant(2, 6, 1, 10).setWindowMillis(2 * HOUR))).isEqualTo(1);
    assertThat(apply(grant(1, 5, 2, 0))).isZero();
    assertThat(given()).isEqualTo(10);
  }

  @Test
  void windowsThatAreOverAreForgottenOthersAreNot() {
    apply(grant(1, 5, 1, 10));
    apply(GiveQuota.newBuilder().setMillis(2 * HOUR - 1).addForgotten(COUNTER).build());
    assertThat(table.row(COUNTER)).isPresent();
    apply(GiveQuota.newBuilder().setMillis(2 * HOUR).addForgotten(COUNTER).build());
    assertThat(table.row(COUNTER)).isEmpty();
    QuotaTable loaded = new QuotaTable();
    loaded.load(store);
    assertThat(loaded.rows()).isEmpty();
  }

  @Test
  void theStateIsThereAfterARestart() {
    apply(grant(1, 5, 1, 6));
    apply(grant(1, 7, 1, 2));
    apply(grant(2, 6, 4, 1));
    QuotaTable loaded = new QuotaTable();
    loaded.load(store);
    assertThat(loaded.rows()).isEqualTo(table.rows());
  }
}
