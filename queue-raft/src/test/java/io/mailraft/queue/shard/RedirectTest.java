package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.RerouteDeliveries;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A delivery that is to leave from another node's source goes to that node. */
class RedirectTest {
  private static final int ONE = 1;
  private static final int TWO = 2;
  private static final long EPOCH = 7;
  private static final String SOURCE = "127.0.0.14";

  private static final ClaimSession SESSION =
      new ClaimSession() {
        @Override
        public void handOut(ClaimDeliveries claims, long index) {}

        @Override
        public void lost() {}
      };

  private final MemoryStore store = new MemoryStore(Rows.ALL);
  private final ShardFold fold = new ShardFold(0);
  private final Picker picker =
      new Picker(
          store,
          ONE,
          source -> source.equals(SOURCE) ? OptionalInt.of(TWO) : OptionalInt.empty(),
          () -> {});
  private long index;
  private long stem = 1;

  RedirectTest() {
    fold.load(store);
    fold.attach(picker, () -> picker.start(fold));
    fence(ONE, true);
    fence(TWO, true);
  }

  private void apply(Record.Builder record) {
    Position at = new Position(1, ++index, index);
    Batch batch = store.begin();
    fold.apply(Entry.newBuilder().addRecords(record).build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  private void fence(int node, boolean live) {
    apply(
        Record.newBuilder()
            .setFence(FenceNode.newBuilder().setNode(node).setEpoch(EPOCH).setLive(live)));
  }

  private MessageId store() {
    MessageId id = new MessageId(stem++, 0);
    apply(
        Record.newBuilder()
            .setStoreMessage(
                StoreMessage.newBuilder()
                    .setId(id.toByteString())
                    .setBody(ByteString.copyFromUtf8("x"))
                    .addRecipients(
                        Recipient.newBuilder()
                            .setSeq(1)
                            .setAddress("a@a.example")
                            .setZone("default")
                            .setDomain("a.example"))));
    return id;
  }

  private void attach(int node, int wanted) {
    picker.attach(node, EPOCH, Map.of("default", wanted), List.of(), SESSION);
  }

  /** Plans once and applies; the ids by node. */
  private Map<Integer, List<MessageId>> round() {
    Map<Integer, List<MessageId>> claimed = new HashMap<>();
    for (ClaimDeliveries plan : picker.plan()) {
      apply(Record.newBuilder().setClaim(plan));
      picker.settle(plan);
      for (DeliveryRef ref : plan.getDeliveriesList()) {
        claimed
            .computeIfAbsent(plan.getNode(), node -> new ArrayList<>())
            .add(MessageId.of(ref.getId()));
      }
    }
    return claimed;
  }

  private void giveBack(MessageId id, String source) {
    apply(
        Record.newBuilder()
            .setOutcomes(
                Outcomes.newBuilder()
                    .setNode(ONE)
                    .setEpoch(EPOCH)
                    .addOutcomes(
                        Outcome.newBuilder()
                            .setId(id.toByteString())
                            .setSeq(1)
                            .setKind(OutcomeKind.RETURNED)
                            .setSource(source))));
  }

  @Test
  void it_goes_to_the_owner_and_the_others_of_its_lane_to_whoever_has_room() {
    MessageId first = store();
    MessageId second = store();
    attach(ONE, 1);
    assertThat(round()).isEqualTo(Map.of(ONE, List.of(first)));
    attach(TWO, 5);
    giveBack(first, SOURCE);
    Map<Integer, List<MessageId>> next = round();
    assertThat(next.get(TWO)).contains(first);
    assertThat(next.values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder(first, second);
  }

  @Test
  void it_waits_until_the_owner_has_room() {
    MessageId first = store();
    attach(ONE, 1);
    round();
    attach(TWO, 0);
    giveBack(first, SOURCE);
    assertThat(round()).isEmpty();
    picker.credit(TWO, EPOCH, Map.of("default", 1), List.of());
    assertThat(round()).isEqualTo(Map.of(TWO, List.of(first)));
  }

  @Test
  void one_that_moves_to_another_zone_meanwhile_is_picked_there() {
    MessageId first = store();
    attach(ONE, 1);
    round();
    attach(TWO, 0);
    giveBack(first, SOURCE);
    apply(
        Record.newBuilder()
            .setReroute(
                RerouteDeliveries.newBuilder()
                    .setZone("bulk")
                    .addDeliveries(
                        DeliveryRef.newBuilder()
                            .setId(first.toByteString())
                            .setSeq(1)
                            .setZone("default")
                            .setDomain("a.example"))));
    picker.credit(ONE, EPOCH, Map.of("bulk", 1), List.of());
    assertThat(round()).isEqualTo(Map.of(ONE, List.of(first)));
  }

  @Test
  void where_the_owner_is_gone_or_unknown_any_node_gets_it() {
    MessageId first = store();
    attach(ONE, 1);
    round();
    attach(TWO, 0);
    giveBack(first, SOURCE);
    fence(TWO, false);
    assertThat(round()).isEqualTo(Map.of(ONE, List.of(first)));
    giveBack(first, "127.0.0.99");
    assertThat(round()).isEqualTo(Map.of(ONE, List.of(first)));
  }

  @Test
  void it_waits_for_two_minutes_and_no_longer() {
    AtomicLong now = new AtomicLong();
    Redirects redirects = new Redirects(now::get);
    Lane lane = new Lane("default", "a.example");
    DeliveryId delivery = new DeliveryId(new MessageId(1, 0), 1);
    redirects.announce(delivery, OptionalInt.of(TWO));
    assertThat(redirects.queued(lane, delivery)).isTrue();
    assertThat(redirects.any()).isTrue();
    now.set(119_000_000_000L);
    assertThat(redirects.give(node -> true)).isEmpty();
    now.set(120_000_000_000L);
    assertThat(redirects.give(node -> true)).hasSize(1);
    assertThat(redirects.any()).isFalse();
    assertThat(redirects.queued(lane, delivery)).isFalse();
  }
}
