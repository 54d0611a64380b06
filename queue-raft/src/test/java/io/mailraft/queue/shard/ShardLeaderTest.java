package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.control.ClusterDocument;
import io.mailraft.queue.control.ControlView;
import io.mailraft.queue.control.NodeEntry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A shard's leader on a group of one replica. */
class ShardLeaderTest {
  private static final int NODE = 1;
  private static final long EPOCH = 7;

  private final ShardFold fold = new ShardFold(0);
  private final LocalGroup group = new LocalGroup(fold);
  private final AtomicLong controlIndex = new AtomicLong(EPOCH);
  private final AtomicReference<ControlView> control = new AtomicReference<>(view(EPOCH));
  private final List<DeliveryRef> handedOut = new CopyOnWriteArrayList<>();
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
  private final ShardLeader leader =
      new ShardLeader(
          group,
          fold,
          new ShardSettings(Duration.ZERO, Duration.ofMinutes(1), Duration.ZERO, 1 << 20),
          InstantSource.system(),
          NODE,
          controlIndex::get,
          control::get);

  @AfterEach
  void stop() {
    leader.close();
    group.close();
  }

  private static ControlView view(long epoch) {
    return new ControlView(
        1,
        Map.of("n1", new NodeEntry(NODE, "n1", 5, epoch, NodeAddresses.getDefaultInstance())),
        new ClusterDocument(0, "", "", 0));
  }

  private void store(int number) {
    group.propose(Record.newBuilder().setStoreMessage(message(number)).build()).join();
  }

  private static StoreMessage.Builder message(int number) {
    return StoreMessage.newBuilder()
        .setId(new MessageId(number, 0).toByteString())
        .setBody(ByteString.copyFromUtf8("x"))
        .addRecipients(
            Recipient.newBuilder()
                .setSeq(1)
                .setAddress("a@example.com")
                .setZone("default")
                .setDomain("example.com"));
  }

  private void outcome(DeliveryRef ref, OutcomeKind kind) {
    group
        .propose(
            Record.newBuilder()
                .setOutcomes(
                    Outcomes.newBuilder()
                        .setNode(NODE)
                        .setEpoch(EPOCH)
                        .addOutcomes(
                            Outcome.newBuilder()
                                .setId(ref.getId())
                                .setSeq(ref.getSeq())
                                .setClaim(ref.getClaim())
                                .setKind(kind)))
                .build())
        .join();
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("time left").isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }

  private long claimed() {
    return fold.counters().lane(new Lane("default", "example.com")).claimed();
  }

  private void attach(List<DeliveryRef> holding) {
    leader.attach(NODE, EPOCH, Map.of("default", 10), List.of(), holding, session);
  }

  @Test
  void mailOfAZoneThatIsGoneMovesToTheOneThatTakesItAndWhatComesBackLaterToo() {
    leader.start();
    attach(List.of());
    store(1);
    await(() -> handedOut.size() == 1);
    leader.credit(NODE, EPOCH, Map.of(), List.of());
    store(2);
    store(3);
    ControlView before = view(EPOCH);
    control.set(
        new ControlView(
            2,
            before.nodes(),
            new ClusterDocument(2, "", "", 0, "", Map.of("default", "bulk", "none", "bulk"))));
    Lane to = new Lane("bulk", "example.com");
    await(() -> fold.counters().lane(to).queued() == 2);
    assertThat(claimed()).isEqualTo(1);
    outcome(handedOut.getFirst(), OutcomeKind.RETURNED);
    await(() -> fold.counters().lane(to).queued() == 3);
    assertThat(fold.counters().zones()).containsOnlyKeys("bulk");
    leader.credit(NODE, EPOCH, Map.of("bulk", 10), List.of());
    await(() -> handedOut.size() == 4);
    assertThat(handedOut.getLast().getZone()).isEqualTo("bulk");
  }

  @Test
  void i4_aRepeatedOutcomeEndsTheClaimThatItNamesAndNoLaterOne() {
    leader.start();
    attach(List.of());
    store(1);
    await(() -> handedOut.size() == 1);
    outcome(handedOut.getFirst(), OutcomeKind.RETURNED);
    await(() -> handedOut.size() == 2);
    outcome(handedOut.getFirst(), OutcomeKind.RETURNED);
    assertThat(claimed()).isEqualTo(1);
    outcome(handedOut.getLast(), OutcomeKind.DELIVERED);
    assertThat(fold.counters().zones()).isEmpty();
    assertThat(handedOut).hasSize(2);
  }

  @Test
  void i4_aClaimThatItsNodeDoesNotKnowOfGoesBackAndOneThatItHoldsStays() {
    leader.start();
    attach(List.of());
    store(1);
    store(2);
    await(() -> handedOut.size() == 2);
    List<DeliveryRef> first = List.copyOf(handedOut);
    handedOut.clear();
    attach(List.of(first.getFirst()));
    await(() -> handedOut.size() == 1);
    assertThat(handedOut.getFirst().getId()).isEqualTo(first.getLast().getId());
    assertThat(handedOut.getFirst().getClaim()).isGreaterThan(first.getLast().getClaim());
    assertThat(claimed()).isEqualTo(2);
  }

  @Test
  void i4_aNodeThatKnowsOnlyAnEarlierClaimOfADeliveryDoesNotHoldTheLaterOne() {
    leader.start();
    attach(List.of());
    store(1);
    await(() -> handedOut.size() == 1);
    DeliveryRef earlier = handedOut.getFirst();
    outcome(earlier, OutcomeKind.RETURNED);
    await(() -> handedOut.size() == 2);
    attach(List.of(earlier));
    await(() -> handedOut.size() == 3);
  }

  @Test
  void i4_aLeaderWhoseControlReplicaLagsDoesNotFenceOffALiveLease() {
    group
        .propose(
            Record.newBuilder()
                .setFence(FenceNode.newBuilder().setNode(NODE).setEpoch(EPOCH).setLive(true))
                .build())
        .join();
    controlIndex.set(EPOCH - 1);
    control.set(view(0));
    leader.start();
    attach(List.of());
    store(1);
    await(() -> handedOut.size() == 1);
    assertThat(fold.fences()).containsEntry(NODE, new ShardFold.Fence(EPOCH, true));
    // Once it has seen the join, the lapse is news.
    controlIndex.set(EPOCH + 1);
    await(() -> claimed() == 0);
    assertThat(fold.fences()).containsEntry(NODE, new ShardFold.Fence(EPOCH, false));
  }

  @Test
  void oneSweepForgetsAllThatIsDueHoweverMuch() {
    int messages = 2500;
    for (int i = 1; i <= messages; i++) {
      store(i);
      group
          .propose(
              Record.newBuilder()
                  .setOrder(
                      OrderDeliveries.newBuilder()
                          .setKind(OrderKind.CANCEL)
                          .addDeliveries(
                              DeliveryRef.newBuilder()
                                  .setId(new MessageId(i, 0).toByteString())
                                  .setSeq(1)))
                  .build())
          .join();
    }
    assertThat(group.rows(Rows.ENDED)).isEqualTo(messages);
    leader.start();
    await(() -> group.rows(Rows.ENDED) + group.rows(Rows.EXPIRY) + group.rows(Rows.DELIVERY) == 0);
  }

  @Test
  void keysAreForgottenADayAfterTheirMessageAndNoEarlier() {
    // Stamps of this group are small numbers: everything is older than a day.
    group
        .propose(
            Record.newBuilder()
                .setStoreMessage(
                    message(1)
                        .setIdempotency(
                            IdempotencyKey.newBuilder()
                                .setHash(ByteString.copyFrom(new byte[32]))
                                .setFingerprint(ByteString.copyFrom(new byte[32]))))
                .build())
        .join();
    assertThat(group.rows(Rows.KEY)).isOne();
    assertThat(Trimmer.KEYS_REMEMBERED).isEqualTo(Duration.ofHours(24));
    leader.start();
    await(() -> group.rows(Rows.KEY) + group.rows(Rows.KEY_AGE) == 0);
  }

  @Test
  void aMessageWithATimeToBeSentIsDeferredUntilThenAndClaimedAfterIt() {
    leader.start();
    attach(List.of());
    group
        .propose(
            Record.newBuilder()
                .setStoreMessage(
                    message(1).setEnvelope(Envelope.newBuilder().setSendAtMillis(1_000_000)))
                .build())
        .join();
    await(() -> handedOut.size() == 1);
    group
        .propose(
            Record.newBuilder()
                .setStoreMessage(
                    message(2).setEnvelope(Envelope.newBuilder().setSendAtMillis(Long.MAX_VALUE)))
                .build())
        .join();
    assertThat(fold.counters().lane(new Lane("default", "example.com")))
        .isEqualTo(new Depth(0, 1, 1, 0));
  }

  @Test
  void aReplicaWhoseDatabaseBrokeWithinAnEntryCanStop() throws InterruptedException {
    leader.start();
    Thread applying =
        Thread.ofVirtual()
            .start(
                () ->
                    fold.apply(
                        io.mailraft.api.log.Entry.getDefaultInstance(),
                        new io.mailraft.queue.store.Position(1, 1, 1),
                        new io.mailraft.queue.store.MemoryStore(Rows.ALL).begin()));
    assertThat(applying.join(Duration.ofSeconds(30))).isTrue();
    Thread stopping = Thread.ofVirtual().start(leader::close);
    assertThat(stopping.join(Duration.ofSeconds(20))).as("stopped").isTrue();
  }
}
