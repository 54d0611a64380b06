package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a claim and a counter cost, counted in rows, at two depths of the queue. */
class ClaimCostTest {
  private static final int DOMAINS = 10;
  private static final int ROUNDS = 20;
  private static final long EPOCH = 7;

  /** A leader on a queue of a given depth. */
  private static final class Leader {
    private final MemoryStore store = new MemoryStore(Rows.ALL);
    private final CountingView counting = new CountingView(store);
    private final ShardFold fold = new ShardFold(0);
    private final Picker picker = new Picker(counting, 1, source -> OptionalInt.empty(), () -> {});
    private long index;

    Leader(int depth) {
      fold.load(store);
      apply(
          Record.newBuilder()
              .setFence(FenceNode.newBuilder().setNode(1).setEpoch(EPOCH).setLive(true)));
      int recipients = depth / 10;
      for (int message = 0; message < 10; message++) {
        StoreMessage.Builder stored =
            StoreMessage.newBuilder()
                .setId(new MessageId(1000 + message, 0).toByteString())
                .setBody(ByteString.copyFromUtf8("x"));
        for (int seq = 1; seq <= recipients; seq++) {
          stored.addRecipients(
              Recipient.newBuilder()
                  .setSeq(seq)
                  .setAddress("a@example.com")
                  .setZone("default")
                  .setDomain("d" + (message + seq) % DOMAINS + ".example"));
        }
        apply(Record.newBuilder().setStoreMessage(stored));
      }
      fold.attach(picker, () -> picker.start(fold));
      picker.attach(1, EPOCH, Map.of("default", 1), List.of(), session());
    }

    private static ClaimSession session() {
      return new ClaimSession() {
        @Override
        public void handOut(ClaimDeliveries claims, long at) {
          // What is claimed is seen by the plan.
        }

        @Override
        public void lost() {
          throw new AssertionError("the session stays");
        }
      };
    }

    private void apply(Record.Builder record) {
      Position at = new Position(1, ++index, index);
      Batch batch = store.begin();
      fold.apply(Entry.newBuilder().addRecords(record).build(), at, batch);
      store.commit(batch, at);
      fold.applied(at);
    }

    /** Claims, delivers, and so on: rows that the choosing alone has read. */
    long work() {
      for (int round = 0; round < ROUNDS; round++) {
        OutcomeKind kind = round % 2 == 0 ? OutcomeKind.BOUNCED : OutcomeKind.DELIVERED;
        List<ClaimDeliveries> plans = picker.plan();
        assertThat(plans).hasSize(1);
        apply(Record.newBuilder().setClaim(plans.getFirst()));
        picker.settle(plans.getFirst());
        plans
            .getFirst()
            .getDeliveriesList()
            .forEach(
                ref ->
                    apply(
                        Record.newBuilder()
                            .setOutcomes(
                                Outcomes.newBuilder()
                                    .setNode(1)
                                    .setEpoch(EPOCH)
                                    .addOutcomes(
                                        Outcome.newBuilder()
                                            .setId(ref.getId())
                                            .setSeq(ref.getSeq())
                                            .setKind(kind)))));
      }
      return counting.rows();
    }

    long open() {
      return fold.counters().zones().values().stream()
          .mapToLong(depth -> depth.queued() + depth.claimed())
          .sum();
    }
  }

  @Test
  void i9_aClaimReadsAsManyRowsAtDepthOneHundredThousandAsAtAHundred() {
    Leader shallow = new Leader(100);
    Leader deep = new Leader(100_000);
    assertThat(deep.open()).isEqualTo(100_000);
    long few = shallow.work();
    assertThat(deep.work()).isEqualTo(few).isLessThanOrEqualTo(2L * ROUNDS + DOMAINS);
    assertThat(deep.open()).isEqualTo(100_000 - ROUNDS);
  }

  @Test
  void i9_theStateInMemoryIsOneCounterForEachLaneAndNothingForADelivery() {
    Leader deep = new Leader(100_000);
    assertThat(deep.fold.counters().lanes()).hasSize(DOMAINS);
    assertThat(deep.fold.claims()).isEmpty();
    assertThat(deep.counting.rows()).as("rows read to become the leader, and to count").isZero();
    deep.fold.counters().lane(new Lane("default", "d1.example"));
    assertThat(deep.counting.rows()).isZero();
  }
}
