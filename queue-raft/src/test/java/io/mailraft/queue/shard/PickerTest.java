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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PickerTest {
  private static final int NODE = 1;
  private static final long EPOCH = 7;

  private final MemoryStore store = new MemoryStore(Rows.ALL);
  private final ShardFold fold = new ShardFold(0);
  private final Picker picker = new Picker(store, NODE, source -> OptionalInt.empty(), () -> {});
  private final List<DeliveryRef> handedOut = new ArrayList<>();
  private final ClaimSession session =
      new ClaimSession() {
        @Override
        public void handOut(ClaimDeliveries claims, long index) {
          handedOut.addAll(claims.getDeliveriesList());
        }

        @Override
        public void lost() {
          handedOut.clear();
        }
      };
  private long index;
  private long nextStem = 1;

  PickerTest() {
    fold.load(store);
    fold.attach(picker, () -> picker.start(fold));
    apply(
        Record.newBuilder()
            .setFence(FenceNode.newBuilder().setNode(NODE).setEpoch(EPOCH).setLive(true)));
  }

  private void apply(Record.Builder record) {
    apply(Entry.newBuilder().addRecords(record));
  }

  private void apply(Entry.Builder entry) {
    Position at = new Position(1, ++index, index);
    Batch batch = store.begin();
    fold.apply(entry.build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  private MessageId store(String domain) {
    StoreMessage message = message(domain);
    apply(Record.newBuilder().setStoreMessage(message));
    return MessageId.of(message.getId());
  }

  private StoreMessage message(String domain) {
    return StoreMessage.newBuilder()
        .setId(new MessageId(nextStem++, 0).toByteString())
        .setBody(ByteString.copyFromUtf8("x"))
        .addRecipients(
            Recipient.newBuilder()
                .setSeq(1)
                .setAddress("a@" + domain)
                .setZone("default")
                .setDomain(domain))
        .build();
  }

  /** Applies an entry that holds a message and the claims that joined it. */
  private void applyWith(StoreMessage message, List<ClaimDeliveries> plans) {
    Entry.Builder entry =
        Entry.newBuilder().addRecords(Record.newBuilder().setStoreMessage(message));
    plans.forEach(plan -> entry.addRecords(Record.newBuilder().setClaim(plan)));
    apply(entry);
    plans.forEach(picker::settle);
  }

  private void want(int claims) {
    picker.attach(NODE, EPOCH, Map.of("default", claims), List.of(), session);
  }

  /** Plans once and applies the plans. */
  private List<DeliveryRef> round() {
    List<DeliveryRef> picked = new ArrayList<>();
    for (ClaimDeliveries plan : picker.plan()) {
      apply(Record.newBuilder().setClaim(plan));
      picker.settle(plan);
      picked.addAll(plan.getDeliveriesList());
    }
    return picked;
  }

  private void outcome(DeliveryRef ref, OutcomeKind kind) {
    apply(
        Record.newBuilder()
            .setOutcomes(
                Outcomes.newBuilder()
                    .setNode(NODE)
                    .setEpoch(EPOCH)
                    .addOutcomes(
                        Outcome.newBuilder()
                            .setId(ref.getId())
                            .setSeq(ref.getSeq())
                            .setKind(kind))));
  }

  private static List<MessageId> ids(List<DeliveryRef> refs) {
    return refs.stream().map(ref -> MessageId.of(ref.getId())).toList();
  }

  @Test
  void theFoldCanBeLookedAtAfterAnEntryThatCouldNotBeWritten() throws InterruptedException {
    Position at = new Position(1, ++index, index);
    fold.apply(Entry.getDefaultInstance(), at, store.begin());
    fold.abandoned();
    Thread closer = Thread.ofVirtual().start(() -> fold.attach(picker, () -> {}));
    assertThat(closer.join(Duration.ofSeconds(20))).as("the lock is free").isTrue();
  }

  @Test
  void theOldestOfALaneGoesFirstAndClaimsAreHandedOut() {
    MessageId first = store("a.example");
    MessageId second = store("a.example");
    store("a.example");
    want(2);
    assertThat(ids(round())).containsExactly(first, second);
    assertThat(ids(handedOut)).containsExactly(first, second);
    assertThat(picker.plan()).as("no room is left").isEmpty();
  }

  @Test
  void anOutcomeMakesRoomForTheNext() {
    MessageId first = store("a.example");
    MessageId second = store("a.example");
    want(1);
    DeliveryRef claimed = round().getFirst();
    assertThat(MessageId.of(claimed.getId())).isEqualTo(first);
    outcome(claimed, OutcomeKind.DELIVERED);
    assertThat(ids(round())).containsExactly(second);
  }

  @Test
  void aReturnedDeliveryIsPickedAgainBeforeYoungerOnes() {
    MessageId first = store("a.example");
    store("a.example");
    store("a.example");
    want(2);
    DeliveryRef claimed = round().getFirst();
    outcome(claimed, OutcomeKind.RETURNED);
    assertThat(ids(round())).containsExactly(first);
  }

  @Test
  void aProposalThatCameToNothingIsPickedAgain() {
    MessageId first = store("a.example");
    want(5);
    ClaimDeliveries plan = picker.plan().getFirst();
    assertThat(picker.plan()).as("proposed already").isEmpty();
    picker.settle(plan);
    assertThat(ids(round())).containsExactly(first);
  }

  @Test
  void aMessageThatNobodyWaitsBeforeIsClaimedInItsOwnEntry() {
    want(2);
    StoreMessage message = message("a.example");
    applyWith(message, picker.foresee(List.of(message)));
    assertThat(ids(handedOut)).containsExactly(MessageId.of(message.getId()));
    assertThat(picker.plan()).as("nothing is left to plan").isEmpty();
    MessageId second = store("a.example");
    assertThat(ids(round())).as("one more has room").containsExactly(second);
    store("a.example");
    assertThat(picker.plan()).as("room is counted once").isEmpty();
  }

  @Test
  void whereOthersOfTheZoneWaitAMessageTakesItsTurn() {
    MessageId first = store("a.example");
    want(1);
    assertThat(picker.foresee(List.of(message("b.example")))).isEmpty();
    assertThat(ids(round())).containsExactly(first);
    assertThat(picker.foresee(List.of(message("b.example")))).as("no room").isEmpty();
  }

  @Test
  void aForeseenClaimWhoseMessageCameToNothingGivesItsRoomBack() {
    want(1);
    StoreMessage never = message("a.example");
    picker.foresee(List.of(never)).forEach(picker::settle);
    MessageId next = store("a.example");
    assertThat(ids(round())).containsExactly(next);
  }

  @Test
  void i4_aMessageThatIsHandedInAgainIsNotClaimedTwice() {
    want(5);
    StoreMessage message = message("a.example");
    applyWith(message, picker.foresee(List.of(message)));
    applyWith(message, picker.foresee(List.of(message)));
    assertThat(handedOut).hasSize(1);
    assertThat(picker.plan()).isEmpty();
    outcome(handedOut.getFirst(), OutcomeKind.RETURNED);
    assertThat(ids(round()))
        .as("it is not forgotten")
        .containsExactlyElementsOf(ids(handedOut.subList(0, 1)));
  }

  @Test
  void anOlderMessageThatComesLateIsFoundBehindAForeseenOne() {
    want(1);
    StoreMessage older = message("a.example");
    StoreMessage younger = message("a.example");
    applyWith(younger, picker.foresee(List.of(younger)));
    applyWith(older, picker.foresee(List.of(older)));
    outcome(handedOut.getFirst(), OutcomeKind.DELIVERED);
    assertThat(ids(round())).containsExactly(MessageId.of(older.getId()));
  }

  @Test
  void aDeliveryThatMovesToAnotherZoneWhileItsClaimIsOnItsWayIsPickedThere() {
    MessageId moved = store("a.example");
    picker.attach(NODE, EPOCH, Map.of("default", 1, "bulk", 1), List.of(), session);
    ClaimDeliveries plan = picker.plan().getFirst();
    apply(
        Record.newBuilder()
            .setReroute(
                RerouteDeliveries.newBuilder()
                    .setZone("bulk")
                    .addDeliveries(plan.getDeliveries(0))));
    List<ClaimDeliveries> there = picker.plan();
    apply(Record.newBuilder().setClaim(plan));
    picker.settle(plan);
    assertThat(there).hasSize(1);
    apply(Record.newBuilder().setClaim(there.getFirst()));
    picker.settle(there.getFirst());
    assertThat(ids(handedOut)).containsExactly(moved);
    assertThat(handedOut.getFirst().getZone()).isEqualTo("bulk");
    assertThat(picker.plan()).as("claimed once").isEmpty();
    MessageId next = store("a.example");
    assertThat(ids(round())).as("the room of the zone that it left").containsExactly(next);
  }

  @Test
  void lanesTakeTurnsSoThatADeepOneDoesNotStarveAShallowOne() {
    for (int i = 0; i < 10 * Picker.QUANTUM; i++) {
      store("deep.example");
    }
    MessageId shallow = store("shallow.example");
    want(2 * Picker.QUANTUM);
    assertThat(ids(round())).contains(shallow);
  }

  @Test
  void aNodeWithoutALiveLeaseGetsNothing() {
    store("a.example");
    want(5);
    apply(
        Record.newBuilder()
            .setFence(FenceNode.newBuilder().setNode(NODE).setEpoch(EPOCH).setLive(false)));
    assertThat(picker.plan()).isEmpty();
  }

  @Test
  void i9_aNewLeaderFindsWhatIsQueuedWithoutHavingSeenItComeIn() {
    MessageId first = store("a.example");
    Picker next = new Picker(store, NODE, source -> OptionalInt.empty(), () -> {});
    fold.attach(next, () -> next.start(fold));
    next.attach(NODE, EPOCH, Map.of("default", 1), List.of(), session);
    assertThat(ids(next.plan().getFirst().getDeliveriesList())).containsExactly(first);
  }
}
