package io.mailraft.queue.shard;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.EventKind;
import io.mailraft.api.stored.StoredClaim;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredEvent;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.shard.Counters.State;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The deliveries of a shard and the ways from one state to another.
 *
 * <pre>
 * from               by                          to
 * -                  message stored              queued; deferred, where its time to be sent is to come
 * queued             claim                       claimed
 * claimed            returned, fence, lost push  queued
 * claimed            deferred                    deferred
 * claimed            delivered, bounced, expired that end
 * deferred           due, resume                 queued
 * queued, deferred   hold                        held
 * held               resume                      queued
 * queued, deferred,
 * held               cancel                      cancelled
 * any open           delivered, from whomever    delivered
 * </pre>
 *
 * <p>The state is where the row is: a row in {@code ready} is queued, one in {@code claim} is
 * claimed, one in {@code due} is deferred. A delivery's own row says queued for the first two,
 * since rewriting it at each claim would buy nothing. Claims are also kept in memory: their number
 * is bounded by what nodes ask for, not by depth (I9), and each has one owner because a claim needs
 * the {@code ready} row and removes it (I4).
 */
final class Deliveries {
  private static final byte[] END = {(byte) 0xff};

  /** Since when a delivery waits for an attempt whose message is to be sent later: not yet. */
  static final long NOT_YET = Long.MAX_VALUE;

  private final Counters counters;
  private final Timelines timelines;
  private final Ages ages;
  private final Map<DeliveryId, ClaimOwner> claims = new HashMap<>();
  private final List<Event> events = new ArrayList<>();

  Deliveries(Counters counters, Timelines timelines, Ages ages) {
    this.counters = counters;
    this.timelines = timelines;
    this.ages = ages;
  }

  /** Something that the leader wants to know, told once the entry is written. */
  sealed interface Event {
    record Queued(Lane lane, DeliveryId delivery) implements Event {}

    record Redirected(DeliveryId delivery, String source) implements Event {}

    record Claimed(DeliveryId delivery, ClaimOwner owner) implements Event {}

    record Unclaimed(DeliveryId delivery, ClaimOwner owner) implements Event {}

    record Fenced(int node, long epoch, boolean live) implements Event {}
  }

  void load(Store store) {
    claims.clear();
    events.clear();
    ages.load(store);
    store.scan(
        Rows.CLAIM,
        Rows.FIRST,
        END,
        (key, value) -> {
          try {
            StoredClaim row = StoredClaim.parseFrom(value);
            claims.put(
                Rows.lastDelivery(key),
                new ClaimOwner(
                    row.getNode(),
                    row.getEpoch(),
                    new Lane(row.getZone(), row.getDomain()),
                    row.getIndex()));
          } catch (InvalidProtocolBufferException e) {
            throw new FoldException(
                "claim row of " + Rows.lastDelivery(key) + " cannot be read", e);
          }
          return true;
        });
  }

  /** The claims of all nodes. A live map of the apply thread. */
  Map<DeliveryId, ClaimOwner> claims() {
    return claims;
  }

  /** Since when deliveries wait; safe to read from any thread. */
  Ages ages() {
    return ages;
  }

  /** Takes what happened since the last call. */
  List<Event> takeEvents() {
    List<Event> taken = List.copyOf(events);
    events.clear();
    return taken;
  }

  void fenced(int node, long epoch, boolean live) {
    events.add(new Event.Fenced(node, epoch, live));
  }

  void create(DeliveryId delivery, StoredDelivery row, Batch batch) {
    batch.put(Rows.DELIVERY, Rows.delivery(delivery), row.toByteArray());
    age(delivery, row, 1);
    queue(delivery, row, batch);
  }

  /** Creates a delivery that is to be sent later, and waits until the time in its row. */
  void createDeferred(DeliveryId delivery, StoredDelivery row, Batch batch) {
    StoredDelivery later = row.toBuilder().setSinceMillis(NOT_YET).build();
    batch.put(Rows.DELIVERY, Rows.delivery(delivery), later.toByteArray());
    putDue(delivery, later, batch);
  }

  /** Counts a delivery in the ages of what waits, unless its time has not come. */
  private void age(DeliveryId delivery, StoredDelivery row, long change) {
    if (row.getSinceMillis() != NOT_YET) {
      ages.add(row.getZone(), since(delivery, row.getSinceMillis()), change);
    }
  }

  /** Since when a delivery waits, by what a row says of it. */
  static long since(DeliveryId delivery, long sinceMillis) {
    return sinceMillis == 0 ? delivery.message().millis() : sinceMillis;
  }

  private void putDue(DeliveryId delivery, StoredDelivery row, Batch batch) {
    batch.put(
        Rows.DUE,
        Rows.due(row.getNextMillis(), delivery),
        Rows.dueValue(lane(row), row.getSinceMillis()));
    counters.add(lane(row), State.DEFERRED, 1);
  }

  /** Claims a queued delivery; false where it is not queued in that lane. */
  boolean claim(DeliveryId delivery, ClaimOwner owner, long stampMillis, Batch batch) {
    byte[] ready = Rows.ready(owner.lane(), delivery);
    Optional<byte[]> since = batch.get(Rows.READY, ready);
    if (since.isEmpty()) {
      return false;
    }
    batch.delete(Rows.READY, ready);
    batch.put(
        Rows.CLAIM,
        Rows.delivery(delivery),
        StoredClaim.newBuilder()
            .setNode(owner.node())
            .setEpoch(owner.epoch())
            .setZone(owner.lane().zone())
            .setDomain(owner.lane().domain())
            .setIndex(owner.index())
            .setStampMillis(stampMillis)
            .setSinceMillis(Rows.readySince(since.get()))
            .build()
            .toByteArray());
    claims.put(delivery, owner);
    counters.add(owner.lane(), State.QUEUED, -1);
    counters.add(owner.lane(), State.CLAIMED, 1);
    events.add(new Event.Claimed(delivery, owner));
    return true;
  }

  /** Puts a claimed delivery back to the queue. */
  void giveBack(DeliveryId delivery, Batch batch) {
    unclaim(delivery, batch);
    queue(delivery, row(delivery, batch), batch);
  }

  /** The same for one that is to leave from a source which another node owns. */
  void giveBack(DeliveryId delivery, String source, Batch batch) {
    if (!source.isEmpty()) {
      events.add(new Event.Redirected(delivery, source));
    }
    giveBack(delivery, batch);
  }

  void defer(DeliveryId delivery, Outcome outcome, int node, long stampMillis, Batch batch) {
    unclaim(delivery, batch);
    StoredDelivery before = row(delivery, batch);
    long next = stampMillis + outcome.getDelayMillis();
    StoredDelivery after =
        before.toBuilder()
            .setState(DeliveryState.DELIVERY_DEFERRED)
            .setAttempts(before.getAttempts() + 1)
            .setFirstMillis(before.getFirstMillis() == 0 ? stampMillis : before.getFirstMillis())
            .setLastMillis(stampMillis)
            .setNextMillis(next)
            .setReply(outcome.getReply())
            .setSource(outcome.getSource())
            .setEvents(
                note(
                    delivery,
                    before,
                    EventKind.EVENT_DEFERRED,
                    Timelines.attempt(outcome, node)
                        .setNextMillis(next)
                        .setNumber(before.getAttempts() + 1),
                    batch))
            .build();
    batch.put(Rows.DELIVERY, Rows.delivery(delivery), after.toByteArray());
    putDue(delivery, after, batch);
  }

  /** Queues a deferred delivery; false where it is not deferred. */
  boolean release(DeliveryId delivery, Batch batch) {
    Optional<StoredDelivery> row = find(delivery, batch);
    if (row.isEmpty() || row.get().getState() != DeliveryState.DELIVERY_DEFERRED) {
      return false;
    }
    leaveWaiting(delivery, row.get(), batch);
    requeue(delivery, begun(delivery, row.get(), row.get().getNextMillis()), batch);
    return true;
  }

  /** Moves a queued delivery to another zone; false where it is not queued in that lane. */
  boolean reroute(DeliveryId delivery, Lane from, String zone, Batch batch) {
    byte[] ready = Rows.ready(from, delivery);
    if (from.zone().equals(zone) || batch.get(Rows.READY, ready).isEmpty()) {
      return false;
    }
    batch.delete(Rows.READY, ready);
    counters.add(from, State.QUEUED, -1);
    StoredDelivery moved = row(delivery, batch).toBuilder().setZone(zone).build();
    int events = note(delivery, moved, EventKind.EVENT_REROUTED, StoredEvent.newBuilder(), batch);
    StoredDelivery after = moved.toBuilder().setEvents(events).build();
    ages.add(from.zone(), since(delivery, after.getSinceMillis()), -1);
    age(delivery, after, 1);
    batch.put(Rows.DELIVERY, Rows.delivery(delivery), after.toByteArray());
    queue(delivery, after, batch);
    return true;
  }

  /** Holds a queued or deferred delivery; false in any other state. */
  boolean hold(DeliveryId delivery, String reason, long stampMillis, Batch batch) {
    Optional<StoredDelivery> row = findWaiting(delivery, batch);
    if (row.isEmpty() || row.get().getState() == DeliveryState.HELD) {
      return false;
    }
    leaveWaiting(delivery, row.get(), batch);
    StoredEvent.Builder why = StoredEvent.newBuilder().setReply(reason);
    StoredDelivery after =
        row.get().toBuilder()
            .setState(DeliveryState.HELD)
            .setReply(reason)
            .setHeldMillis(stampMillis)
            .clearNextMillis()
            .setEvents(note(delivery, row.get(), EventKind.EVENT_HELD, why, batch))
            .build();
    batch.put(Rows.DELIVERY, Rows.delivery(delivery), after.toByteArray());
    counters.add(lane(after), State.HELD, 1);
    age(delivery, after, -1);
    return true;
  }

  /** Queues a held or deferred delivery; false in any other state. */
  boolean resume(DeliveryId delivery, String reason, long stampMillis, Batch batch) {
    Optional<StoredDelivery> row = findWaiting(delivery, batch);
    if (row.isEmpty() || row.get().getState() == DeliveryState.QUEUED) {
      return false;
    }
    leaveWaiting(delivery, row.get(), batch);
    StoredEvent.Builder why = StoredEvent.newBuilder().setReply(reason);
    int events = note(delivery, row.get(), EventKind.EVENT_RESUMED, why, batch);
    if (row.get().getState() == DeliveryState.HELD) {
      age(delivery, row.get(), 1);
    }
    StoredDelivery begun = begun(delivery, row.get(), stampMillis);
    requeue(delivery, begun.toBuilder().setEvents(events).build(), batch);
    return true;
  }

  /** Takes a delivery that is queued, deferred or held out of its state; false in any other. */
  boolean leaveForCancel(DeliveryId delivery, Batch batch) {
    Optional<StoredDelivery> row = findWaiting(delivery, batch);
    row.ifPresent(waiting -> leaveWaiting(delivery, waiting, batch));
    return row.isPresent();
  }

  /**
   * Takes an open delivery out of whatever state it is in; false where it has ended or is unknown.
   */
  boolean leaveForDelivered(DeliveryId delivery, Batch batch) {
    if (claims.containsKey(delivery)) {
      unclaim(delivery, batch);
      return true;
    }
    return leaveForCancel(delivery, batch);
  }

  /**
   * Writes the end of a delivery that has left its state.
   *
   * @param how what is known of it; its reply becomes the delivery's last one
   * @param attempts attempts that it ends, 0 or 1
   */
  void end(
      DeliveryId delivery,
      DeliveryState end,
      StoredEvent.Builder how,
      long stampMillis,
      int attempts,
      Batch batch) {
    StoredDelivery before = row(delivery, batch);
    if (before.getState() != DeliveryState.HELD) {
      age(delivery, before, -1);
    }
    int number = before.getAttempts() + attempts;
    how.setKind(Timelines.kind(end)).setZone(before.getZone()).setNumber(attempts * number);
    byte[] key = Rows.delivery(delivery);
    byte[] row =
        before.toBuilder()
            .setState(end)
            .setAttempts(number)
            .setLastMillis(stampMillis)
            .clearNextMillis()
            .clearHeldMillis()
            .setReply(how.getReply())
            .setEvents(timelines.add(delivery, before.getEvents(), how, true, batch))
            .build()
            .toByteArray();
    batch.put(Rows.DELIVERY, key, row);
    timelines.ended(key, row);
  }

  /** Notes an event; says how many the delivery has with it. */
  private int note(
      DeliveryId delivery,
      StoredDelivery row,
      EventKind kind,
      StoredEvent.Builder event,
      Batch batch) {
    event.setKind(kind).setZone(row.getZone());
    return timelines.add(delivery, row.getEvents(), event, false, batch);
  }

  /** Takes a claim away without queueing the delivery. */
  ClaimOwner unclaim(DeliveryId delivery, Batch batch) {
    ClaimOwner owner = claims.remove(delivery);
    if (owner == null) {
      throw new FoldException(delivery + " is not claimed");
    }
    batch.delete(Rows.CLAIM, Rows.delivery(delivery));
    counters.add(owner.lane(), State.CLAIMED, -1);
    events.add(new Event.Unclaimed(delivery, owner));
    return owner;
  }

  /** A delivery whose message was to be sent later begins to wait; any other stays as it is. */
  private StoredDelivery begun(DeliveryId delivery, StoredDelivery row, long sinceMillis) {
    if (row.getSinceMillis() != NOT_YET) {
      return row;
    }
    StoredDelivery begun = row.toBuilder().setSinceMillis(sinceMillis).build();
    age(delivery, begun, 1);
    return begun;
  }

  private void queue(DeliveryId delivery, StoredDelivery row, Batch batch) {
    Lane lane = lane(row);
    batch.put(Rows.READY, Rows.ready(lane, delivery), Rows.readyValue(row.getSinceMillis()));
    counters.add(lane, State.QUEUED, 1);
    events.add(new Event.Queued(lane, delivery));
  }

  private void requeue(DeliveryId delivery, StoredDelivery row, Batch batch) {
    StoredDelivery after =
        row.toBuilder().setState(DeliveryState.QUEUED).clearNextMillis().clearHeldMillis().build();
    batch.put(Rows.DELIVERY, Rows.delivery(delivery), after.toByteArray());
    queue(delivery, after, batch);
  }

  /** Removes the row that makes a delivery queued, deferred or held. */
  private void leaveWaiting(DeliveryId delivery, StoredDelivery row, Batch batch) {
    Lane lane = lane(row);
    switch (row.getState()) {
      case QUEUED -> {
        batch.delete(Rows.READY, Rows.ready(lane, delivery));
        counters.add(lane, State.QUEUED, -1);
      }
      case DELIVERY_DEFERRED -> {
        batch.delete(Rows.DUE, Rows.due(row.getNextMillis(), delivery));
        counters.add(lane, State.DEFERRED, -1);
      }
      case HELD -> counters.add(lane, State.HELD, -1);
      case END_DELIVERED,
          END_BOUNCED,
          END_EXPIRED,
          END_CANCELLED,
          DELIVERY_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          throw new FoldException(delivery + " is not open: " + row.getState());
    }
  }

  /** The row of a delivery that is queued, deferred or held, but not claimed. */
  private Optional<StoredDelivery> findWaiting(DeliveryId delivery, View view) {
    if (claims.containsKey(delivery)) {
      return Optional.empty();
    }
    return find(delivery, view).filter(row -> isOpen(row.getState()));
  }

  private StoredDelivery row(DeliveryId delivery, View view) {
    return find(delivery, view)
        .orElseThrow(() -> new FoldException("there is no row of delivery " + delivery));
  }

  static Optional<StoredDelivery> find(DeliveryId delivery, View view) {
    return view.get(Rows.DELIVERY, Rows.delivery(delivery))
        .map(
            bytes -> {
              try {
                return StoredDelivery.parseFrom(bytes);
              } catch (InvalidProtocolBufferException e) {
                throw new FoldException("the row of delivery " + delivery + " cannot be read", e);
              }
            });
  }

  static boolean isOpen(DeliveryState state) {
    return state == DeliveryState.QUEUED
        || state == DeliveryState.DELIVERY_DEFERRED
        || state == DeliveryState.HELD;
  }

  static Lane lane(StoredDelivery row) {
    return new Lane(row.getZone(), row.getDomain());
  }
}
