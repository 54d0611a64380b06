package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.Others;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A delivery that is to leave from another node's source goes to that node. */
class RedirectTest {
  private static final int ONE = 1;
  private static final int TWO = 2;
  private static final long EPOCH = 7;
  private static final String SOURCE = "127.0.0.14";

  private static final int THREE = 3;

  private final Map<MessageId, Others> others = new HashMap<>();

  /** Notes what a node is told of the others. */
  private final ClaimSession session =
      new ClaimSession() {
        @Override
        public void handOut(ClaimDeliveries claims, long index) {
          claims
              .getDeliveriesList()
              .forEach(ref -> others.put(MessageId.of(ref.getId()), ref.getOthers()));
        }

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
    fence(THREE, true);
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
    picker.attach(node, EPOCH, Map.of("default", wanted), List.of(), session);
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
    outcome(ONE, id, Outcome.newBuilder().setKind(OutcomeKind.RETURNED).setSource(source));
  }

  private void unfit(int node, MessageId id) {
    outcome(node, id, Outcome.newBuilder().setKind(OutcomeKind.RETURNED).setUnfit(true));
  }

  private void outcome(int node, MessageId id, Outcome.Builder outcome) {
    apply(
        Record.newBuilder()
            .setOutcomes(
                Outcomes.newBuilder()
                    .setNode(node)
                    .setEpoch(EPOCH)
                    .addOutcomes(outcome.setId(id.toByteString()).setSeq(1))));
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
  void one_that_no_source_of_its_node_may_send_goes_to_each_other_node_once() {
    MessageId first = store();
    for (int node : List.of(ONE, TWO, THREE)) {
      attach(node, 5);
    }
    List<Integer> asked = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Map<Integer, List<MessageId>> next = round();
      assertThat(next).hasSize(1);
      int node = next.keySet().iterator().next();
      asked.add(node);
      assertThat(others)
          .containsEntry(
              first, List.of(Others.ALL_OTHERS, Others.OTHERS_LEFT, Others.NO_OTHERS).get(i));
      unfit(node, first);
    }
    assertThat(asked).containsExactlyInAnyOrder(ONE, TWO, THREE);
    assertThat(round()).as("whoever has room").hasSize(1);
    assertThat(others).containsEntry(first, Others.NO_OTHERS);
  }

  @Test
  void a_preference_counts_once_and_who_had_it_may_get_the_delivery_back() {
    MessageId first = store();
    attach(ONE, 5);
    assertThat(round()).isEqualTo(Map.of(ONE, List.of(first)));
    attach(TWO, 5);
    giveBack(first, SOURCE);
    assertThat(round()).isEqualTo(Map.of(TWO, List.of(first)));
    assertThat(others).containsEntry(first, Others.OTHERS_LEFT);
    unfit(TWO, first);
    assertThat(round()).isEqualTo(Map.of(ONE, List.of(first)));
    assertThat(others).containsEntry(first, Others.NO_OTHERS);
    // One that is over for another reason begins anew.
    outcome(ONE, first, Outcome.newBuilder().setKind(OutcomeKind.RETURNED));
    assertThat(round()).hasSize(1);
    assertThat(others).containsEntry(first, Others.ALL_OTHERS);
  }

  /** Nodes of which two may claim, with room in some lanes. */
  private static final class Two implements Redirects.Nodes {
    private final Set<Integer> mayClaim = new HashSet<>(Set.of(ONE, TWO));
    private final Set<Lane> room = new HashSet<>();

    @Override
    public boolean mayClaim(int node) {
      return mayClaim.contains(node);
    }

    @Override
    public int room(int node, Lane lane) {
      return room.contains(lane) ? 1 : 0;
    }

    @Override
    public OptionalInt other(Lane lane, Set<Integer> but) {
      return mayClaim.stream()
          .filter(node -> !but.contains(node))
          .mapToInt(node -> node)
          .findFirst();
    }
  }

  private static DeliveryId redirected(Redirects redirects, Lane lane, int number) {
    DeliveryId delivery = new DeliveryId(new MessageId(number, 0), 1);
    redirects.announce(delivery, SOURCE, OptionalInt.of(TWO));
    redirects.unclaimed(delivery, ONE);
    assertThat(redirects.queued(lane, delivery)).isTrue();
    return delivery;
  }

  @Test
  void it_waits_for_two_minutes_and_no_longer() {
    AtomicLong now = new AtomicLong();
    Redirects redirects = new Redirects(new Two(), now::get);
    Lane lane = new Lane("default", "a.example");
    DeliveryId delivery = redirected(redirects, lane, 1);
    assertThat(redirects.any()).isTrue();
    now.set(119_000_000_000L);
    assertThat(redirects.give()).isEmpty();
    now.set(120_000_000_000L);
    assertThat(redirects.give()).hasSize(1);
    assertThat(redirects.any()).isFalse();
    assertThat(redirects.others(delivery, lane, ONE)).isEqualTo(Others.NO_OTHERS);
    assertThat(redirects.queued(lane, delivery)).isFalse();
  }

  @Test
  void one_that_waits_says_for_which_node_and_why_and_for_how_long() {
    AtomicLong now = new AtomicLong();
    Redirects redirects = new Redirects(new Two(), now::get);
    Lane lane = new Lane("default", "a.example");
    DeliveryId pinned = redirected(redirects, lane, 1);
    DeliveryId unfit = new DeliveryId(new MessageId(2, 0), 1);
    redirects.announceUnfit(unfit);
    redirects.unclaimed(unfit, ONE);
    assertThat(redirects.queued(lane, unfit)).isTrue();
    now.set(30_000_000_000L);
    Reason source = redirects.find(pinned).orElseThrow().reason(node -> "n" + node);
    assertThat(source.getPhase()).isEqualTo("its source");
    assertThat(source.getDetail())
        .isEqualTo(
            "it is to leave from 127.0.0.14, which is n2's; it waits until n2 has room, for 90 s more at most");
    assertThat(source.getForMillis()).isEqualTo(30_000);
    assertThat(source.getAwaited()).isEqualTo("n2");
    Reason other = redirects.find(unfit).orElseThrow().reason(node -> "n" + node);
    assertThat(other.getPhase()).isEqualTo("another node");
    assertThat(other.getDetail()).startsWith("none of the sources of n1 may be used for it; ");
    assertThat(other.getAwaited()).isEqualTo("n2");
    redirects.remove(pinned);
    assertThat(redirects.find(pinned)).isEmpty();
  }

  @Test
  void a_lane_without_room_is_in_no_others_way_and_a_node_that_goes_leaves_all() {
    Two nodes = new Two();
    Redirects redirects = new Redirects(nodes, () -> 0);
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lanes.add(new Lane("default", "d" + i + ".example"));
      redirected(redirects, lanes.get(i), i + 1);
    }
    List<Lane> taken = new ArrayList<>();
    nodes.room.add(lanes.get(5));
    redirects.take(one -> taken.add(one.lane()));
    assertThat(taken).containsExactly(lanes.get(5));
    // Far behind, but known to have room.
    nodes.room.add(lanes.get(99));
    redirects.first(TWO, lanes.get(99));
    redirects.take(one -> taken.add(one.lane()));
    assertThat(taken).containsExactly(lanes.get(5), lanes.get(99));
    assertThat(redirects.give()).isEmpty();
    nodes.mayClaim.remove(TWO);
    assertThat(redirects.give()).hasSize(98);
    assertThat(redirects.any()).isFalse();
  }
}
