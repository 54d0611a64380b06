package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.ReturnClaims;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredEvent;
import io.mailraft.api.stored.StoredFence;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Fold;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The state machine of a queue shard. See {@link Deliveries} for the states of a delivery and
 * {@link Rows} for the rows.
 *
 * <p>Memory holds counters, claims and fences, never anything that grows with depth. The lock
 * covers an entry from its first record to the last of its events, so that a leader that attaches
 * sees whole entries only.
 */
final class ShardFold implements Fold {
  private static final byte[] END = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff};

  /** Longest wait for the entry that is being applied. Who waited in vain tries again. */
  private static final Duration ATTACH_WAIT = Duration.ofSeconds(1);

  /** Fair, or the apply thread, which takes it again at once, could leave no room for others. */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final Counters counters = new Counters();
  private final Timelines timelines = new Timelines();
  private final Deliveries deliveries;
  private final Messages messages;
  private final Map<Integer, Fence> fences = new HashMap<>();
  private volatile Optional<ShardEvents> listener = Optional.empty();

  /**
   * What a shard knows of a node's lease.
   *
   * @param epoch newest epoch
   * @param live whether claims under it are allowed
   */
  record Fence(long epoch, boolean live) {}

  ShardFold(int shard) {
    this.deliveries = new Deliveries(counters, timelines, new Ages(shard));
    this.messages = new Messages(shard, deliveries, timelines);
  }

  @Override
  public List<Table> tables() {
    return Rows.ALL;
  }

  @Override
  public void load(Store store) {
    lock.lock();
    try {
      counters.load(store);
      deliveries.load(store);
      timelines.load(store);
      fences.clear();
      store.scan(
          Rows.FENCE,
          Rows.FIRST,
          END,
          (key, value) -> {
            try {
              StoredFence row = StoredFence.parseFrom(value);
              fences.put(Rows.number(key), new Fence(row.getEpoch(), row.getLive()));
            } catch (InvalidProtocolBufferException e) {
              throw new FoldException("a fence row cannot be read", e);
            }
            return true;
          });
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<Answer> apply(Entry entry, Position at, Batch batch) {
    lock.lock();
    boolean whole = false;
    try {
      timelines.begin(at);
      List<Answer> answers = new ArrayList<>(entry.getRecordsCount());
      for (Record record : entry.getRecordsList()) {
        answers.add(apply(record, at, batch));
      }
      counters.write(batch);
      timelines.write(batch);
      whole = true;
      return answers;
    } finally {
      if (!whole) {
        lock.unlock();
      }
    }
  }

  /** Tells the events of the entry and gives the lock back, which {@link #apply} took. */
  @Override
  public void applied(Position at) {
    try {
      List<Deliveries.Event> events = deliveries.takeEvents();
      Optional<ShardEvents> to = listener;
      if (to.isPresent() && !events.isEmpty()) {
        events.forEach(event -> tell(to.get(), event));
        to.get().settled();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives the lock back, which {@link #apply} took: whoever stops the replica needs it. */
  @Override
  public void abandoned() {
    deliveries.takeEvents();
    lock.unlock();
  }

  private static void tell(ShardEvents to, Deliveries.Event event) {
    switch (event) {
      case Deliveries.Event.Queued(Lane lane, DeliveryId delivery) -> to.queued(lane, delivery);
      case Deliveries.Event.Redirected(DeliveryId delivery, String source) ->
          to.redirected(delivery, source);
      case Deliveries.Event.Unfit(DeliveryId delivery) -> to.unfit(delivery);
      case Deliveries.Event.Claimed(DeliveryId delivery, ClaimOwner owner) ->
          to.claimed(delivery, owner);
      case Deliveries.Event.Unclaimed(DeliveryId delivery, ClaimOwner owner) ->
          to.unclaimed(delivery, owner);
      case Deliveries.Event.Fenced(int node, long epoch, boolean live) ->
          to.fenced(node, epoch, live);
    }
  }

  /**
   * Lets a leader see the state as it is and hear of every change from there on.
   *
   * @throws IllegalStateException if the apply thread is held up within an entry
   */
  void attach(ShardEvents events, Runnable firstLook) {
    try {
      if (!lock.tryLock(ATTACH_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("an entry was not applied within " + ATTACH_WAIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while an entry was being applied", e);
    }
    try {
      firstLook.run();
      listener = Optional.of(events);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the telling. Takes no lock: a replica whose database broke within an entry holds it for
   * ever, and must be able to stop.
   */
  void detach() {
    listener = Optional.empty();
  }

  /** Counters; safe to read from any thread. */
  Counters counters() {
    return counters;
  }

  /** Bytes of what is kept of messages; safe to read from any thread. */
  long historyBytes() {
    return timelines.bytes();
  }

  /** Since when deliveries wait; safe to read from any thread. */
  Ages ages() {
    return deliveries.ages();
  }

  /** Claims; only within {@link #attach} or on the apply thread. */
  Map<DeliveryId, ClaimOwner> claims() {
    return deliveries.claims();
  }

  /** Fences; only within {@link #attach} or on the apply thread. */
  Map<Integer, Fence> fences() {
    return fences;
  }

  private Answer apply(Record record, Position at, Batch batch) {
    return switch (record.getKindCase()) {
      case STORE_MESSAGE -> store(record.getStoreMessage(), at, batch);
      case STORE_CHUNK ->
          answer(at, messages.storeChunk(record.getStoreChunk(), at.stampMillis(), batch));
      case DROP_UPLOADS -> {
        int dropped = 0;
        for (ByteString id : record.getDropUploads().getIdsList()) {
          dropped += messages.dropUpload(MessageId.of(id), batch) ? 1 : 0;
        }
        yield new Answer.Accepted(at.index(), dropped);
      }
      case CLAIM -> claim(record.getClaim(), at, batch);
      case OUTCOMES -> outcomes(record.getOutcomes(), at, batch);
      case RETURN_CLAIMS -> returnClaims(record.getReturnClaims(), at, batch);
      case RELEASE -> {
        int released = 0;
        for (DeliveryRef ref : record.getRelease().getDeliveriesList()) {
          released += deliveries.release(idOf(ref), batch) ? 1 : 0;
        }
        yield new Answer.Accepted(at.index(), released);
      }
      case FENCE -> fence(record.getFence(), at, batch);
      case FORGET_KEYS ->
          new Answer.Accepted(
              at.index(),
              Keys.forget(
                  record.getForgetKeys().getFromMillis(),
                  record.getForgetKeys().getBeforeMillis(),
                  record.getForgetKeys().getLimit(),
                  batch));
      case TRIM_HISTORY ->
          new Answer.Accepted(at.index(), timelines.trim(record.getTrimHistory(), batch));
      case ORDER -> order(record.getOrder(), at, batch);
      case REROUTE -> {
        int moved = 0;
        for (DeliveryRef ref : record.getReroute().getDeliveriesList()) {
          Lane from = new Lane(ref.getZone(), ref.getDomain());
          moved +=
              deliveries.reroute(idOf(ref), from, record.getReroute().getZone(), batch) ? 1 : 0;
        }
        yield new Answer.Accepted(at.index(), moved);
      }
      case CHECKSUM -> new Answer.Accepted(at.index(), 0);
      case JOIN_NODE,
          RENEW,
          LAPSE,
          SET_DOCUMENT,
          GIVE_SENDS,
          GIVE_QUOTA,
          SUSPEND_ZONE,
          RESUME_ZONE ->
          throw new FoldException(
              "a record of the control group in a shard: " + record.getKindCase());
      case KIND_NOT_SET ->
          throw new FoldException(
              "a record of an unknown kind: this log was written by a newer version of mailraft");
    };
  }

  private static Answer answer(Position at, Optional<String> refusal) {
    return refusal
        .<Answer>map(text -> new Answer.Refused(at.index(), text))
        .orElseGet(() -> new Answer.Accepted(at.index(), 0));
  }

  /** Where the record has a key, the answer's value is the stem of the message it stands for. */
  private Answer store(StoreMessage record, Position at, Batch batch) {
    if (!record.hasIdempotency()) {
      return answer(at, messages.store(record, at.stampMillis(), batch));
    }
    IdempotencyKey key = record.getIdempotency();
    MessageId id = MessageId.of(record.getId());
    Optional<Keys.Known> known = Keys.find(key, batch);
    if (known.isPresent()) {
      // A repeat. What it brought again, if it is not the very record that was first, goes at once.
      messages.dropUpload(id, batch);
      return known.get().fingerprint().equals(key.getFingerprint())
          ? new Answer.Accepted(at.index(), known.get().stem())
          : new Answer.Refused(at.index(), Shard.OTHER_REQUEST);
    }
    Optional<String> refusal = messages.store(record, at.stampMillis(), batch);
    if (refusal.isPresent()) {
      return answer(at, refusal);
    }
    Keys.remember(key, id, at.stampMillis(), batch);
    return new Answer.Accepted(at.index(), id.stem());
  }

  private Answer claim(ClaimDeliveries record, Position at, Batch batch) {
    Fence fence = fences.get(record.getNode());
    if (fence == null || !fence.live() || fence.epoch() != record.getEpoch()) {
      return new Answer.Refused(
          at.index(), "node " + record.getNode() + " holds no lease " + record.getEpoch());
    }
    int claimed = 0;
    for (DeliveryRef ref : record.getDeliveriesList()) {
      ClaimOwner owner =
          new ClaimOwner(
              record.getNode(),
              record.getEpoch(),
              new Lane(ref.getZone(), ref.getDomain()),
              at.index());
      claimed += deliveries.claim(idOf(ref), owner, at.stampMillis(), batch) ? 1 : 0;
    }
    return new Answer.Accepted(at.index(), claimed);
  }

  private Answer outcomes(Outcomes record, Position at, Batch batch) {
    int taken = 0;
    for (Outcome outcome : record.getOutcomesList()) {
      DeliveryId delivery = new DeliveryId(MessageId.of(outcome.getId()), outcome.getSeq());
      if (isOwner(delivery, record.getNode(), record.getEpoch(), outcome.getClaim())) {
        taken++;
        outcome(delivery, outcome, record.getNode(), at, batch);
      } else if (outcome.getKind() == io.mailraft.api.log.OutcomeKind.DELIVERED
          && deliveries.leaveForDelivered(delivery, batch)) {
        // The remote has it, whoever may own it by now: a second attempt would be a double (I6).
        taken++;
        StoredEvent.Builder how = Timelines.attempt(outcome, record.getNode());
        end(delivery, DeliveryState.END_DELIVERED, how, at, 1, batch);
      }
    }
    return new Answer.Accepted(at.index(), taken);
  }

  private boolean isOwner(DeliveryId delivery, int node, long epoch, long claim) {
    ClaimOwner owner = deliveries.claims().get(delivery);
    return owner != null && owner.is(node, epoch, claim);
  }

  private void outcome(DeliveryId delivery, Outcome outcome, int node, Position at, Batch batch) {
    switch (outcome.getKind()) {
      case DELIVERED -> endClaimed(delivery, DeliveryState.END_DELIVERED, outcome, node, at, batch);
      case BOUNCED -> endClaimed(delivery, DeliveryState.END_BOUNCED, outcome, node, at, batch);
      case EXPIRED -> endClaimed(delivery, DeliveryState.END_EXPIRED, outcome, node, at, batch);
      case DEFERRED -> deliveries.defer(delivery, outcome, node, at.stampMillis(), batch);
      case RETURNED -> deliveries.giveBack(delivery, outcome, batch);
      case OUTCOME_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new FoldException(
              "an outcome of unknown kind "
                  + outcome.getKindValue()
                  + ": this log was written by a newer version of mailraft");
    }
  }

  private void endClaimed(
      DeliveryId delivery, DeliveryState end, Outcome outcome, int node, Position at, Batch batch) {
    deliveries.unclaim(delivery, batch);
    end(delivery, end, Timelines.attempt(outcome, node), at, 1, batch);
  }

  private void end(
      DeliveryId delivery,
      DeliveryState end,
      StoredEvent.Builder how,
      Position at,
      int attempts,
      Batch batch) {
    deliveries.end(delivery, end, how, at.stampMillis(), attempts, batch);
    messages.deliveryEnded(delivery.message(), at.stampMillis(), batch);
  }

  private Answer returnClaims(ReturnClaims record, Position at, Batch batch) {
    int returned = 0;
    for (DeliveryRef ref : record.getDeliveriesList()) {
      if (isOwner(idOf(ref), record.getNode(), record.getEpoch(), ref.getClaim())) {
        deliveries.giveBack(idOf(ref), batch);
        returned++;
      }
    }
    return new Answer.Accepted(at.index(), returned);
  }

  /** Epochs only grow, and a lapsed one stays lapsed: a late or repeated record changes nothing. */
  private Answer fence(FenceNode record, Position at, Batch batch) {
    int node = record.getNode();
    Fence before = fences.getOrDefault(node, new Fence(0, false));
    boolean older = record.getEpoch() < before.epoch();
    boolean revives = record.getEpoch() == before.epoch() && record.getLive() && !before.live();
    if (older || revives) {
      return new Answer.Refused(at.index(), "node " + node + " is fenced at " + before);
    }
    fences.put(node, new Fence(record.getEpoch(), record.getLive()));
    batch.put(
        Rows.FENCE,
        Rows.number(node),
        StoredFence.newBuilder()
            .setEpoch(record.getEpoch())
            .setLive(record.getLive())
            .build()
            .toByteArray());
    deliveries.fenced(node, record.getEpoch(), record.getLive());
    List<DeliveryId> stale = new ArrayList<>();
    deliveries
        .claims()
        .forEach(
            (delivery, owner) -> {
              boolean current = owner.epoch() == record.getEpoch() && record.getLive();
              if (owner.node() == node && !current) {
                stale.add(delivery);
              }
            });
    // In order of id: the order of a hash map may differ between replicas.
    stale.sort(null);
    stale.forEach(delivery -> deliveries.giveBack(delivery, batch));
    return new Answer.Accepted(at.index(), stale.size());
  }

  private Answer order(OrderDeliveries record, Position at, Batch batch) {
    int obeyed = 0;
    for (DeliveryRef ref : record.getDeliveriesList()) {
      DeliveryId delivery = idOf(ref);
      boolean done =
          switch (record.getKind()) {
            case HOLD -> deliveries.hold(delivery, record.getReason(), at.stampMillis(), batch);
            case RESUME -> deliveries.resume(delivery, record.getReason(), at.stampMillis(), batch);
            case CANCEL -> {
              boolean left = deliveries.leaveForCancel(delivery, batch);
              if (left) {
                StoredEvent.Builder how = StoredEvent.newBuilder().setReply(record.getReason());
                end(delivery, DeliveryState.END_CANCELLED, how, at, 0, batch);
              }
              yield left;
            }
            case ORDER_KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw new FoldException(
                    "an order of unknown kind "
                        + record.getKindValue()
                        + ": this log was written by a newer version of mailraft");
          };
      obeyed += done ? 1 : 0;
    }
    return new Answer.Accepted(at.index(), obeyed);
  }

  static DeliveryId idOf(DeliveryRef ref) {
    return new DeliveryId(MessageId.of(ref.getId()), ref.getSeq());
  }
}
