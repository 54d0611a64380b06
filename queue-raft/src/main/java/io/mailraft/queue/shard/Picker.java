package io.mailraft.queue.shard;

import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.View;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A leader's choice of which node may attempt which queued delivery next.
 *
 * <p>Lanes of a zone take turns, a quantum each, so that a domain with a million queued does not
 * starve one with ten. Within a lane the oldest goes first. A node gets as many claims in a zone as
 * it said it wants, those under way included. Claims are only proposed here; apply verifies each
 * against the state (I4), and events bring the result back.
 *
 * <p><b>Cost.</b> Each lane keeps a cursor: no queued delivery that is not proposed already stands
 * before it, so a scan starts where the last one ended and never walks over rows that were claimed,
 * whose tombstones may still lie there. A delivery that comes back is looked up by itself. A new
 * leader has no cursors and pays one seek for each lane, when its turn comes. Memory is fixed for
 * each lane that has queued deliveries, and for each claim.
 *
 * <p>Events come on the apply thread, {@link #plan} runs on the leader's own; the lock is held for
 * one short scan at most.
 */
final class Picker implements ShardEvents {
  /** Most deliveries that a lane gets in one turn. */
  static final int QUANTUM = 32;

  /** Most deliveries in one plan. */
  static final int PLAN_MAX = 1024;

  /** Most lanes that are passed over in one plan because the nodes that take them are full. */
  private static final int MISSES_MAX = 16;

  private final ReentrantLock lock = new ReentrantLock();
  private final Runnable wake;
  private final Holders holders;
  private final Turns turns;
  private final Cursors cursors;
  private final Map<DeliveryId, ClaimOwner> proposed = new HashMap<>();
  private final Redirects redirects;
  private final Function<String, OptionalInt> owners;
  private final Outgoing outgoing = new Outgoing();

  /**
   * @param self number of this node: it goes first among equals, since it has the rows already
   * @param owners the node that owns a source
   * @param wake called whenever planning may find something; must not block
   */
  Picker(View view, int self, Function<String, OptionalInt> owners, Runnable wake) {
    this.cursors = new Cursors(view);
    this.owners = owners;
    this.holders = new Holders(self);
    this.turns = new Turns(holders::isLimited);
    this.redirects = new Redirects(holders, System::nanoTime);
    this.wake = wake;
  }

  /** Takes over the state as it is. Called once, before any event. */
  void start(ShardFold fold) {
    lock.lock();
    try {
      fold.counters()
          .lanes()
          .forEach(
              (lane, depth) -> {
                if (depth.queued() > 0) {
                  turns.enter(lane);
                }
              });
      fold.claims().values().forEach(owner -> holders.of(owner.node()).hold(owner.lane(), 1));
      holders.fences().putAll(fold.fences());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Opens a node's session in place of its last one; the ticket closes it.
   *
   * @param limits all of its limits
   */
  long attach(
      int node,
      long epoch,
      Map<String, Integer> wanted,
      List<DomainLimit> limits,
      ClaimSession session) {
    long ticket;
    lock.lock();
    try {
      Holder holder = holders.of(node);
      ticket = ++holder.ticket;
      holder.session = Optional.of(session);
      holder.epoch = epoch;
      holder.wanted(wanted);
      holder.unlimit();
      holder.limit(limits);
      turns.unparkAll();
    } finally {
      lock.unlock();
    }
    wake.run();
    return ticket;
  }

  /**
   * Changes what a node wants; ignored where it has attached under another epoch.
   *
   * @param limits those that have changed
   */
  void credit(int node, long epoch, Map<String, Integer> wanted, List<DomainLimit> limits) {
    lock.lock();
    try {
      Holder holder = holders.of(node);
      if (holder.epoch == epoch) {
        if (holder.wanted(wanted)) {
          turns.unparkAll();
        }
        holder.limit(limits);
        for (DomainLimit limit : limits) {
          Lane lane = new Lane(limit.getZone(), limit.getDomain());
          redirects.first(node, lane);
          turns.unpark(lane);
        }
      }
    } finally {
      lock.unlock();
    }
    wake.run();
  }

  /** Closes a session, if it is still the node's. */
  void detach(int node, long ticket) {
    lock.lock();
    try {
      Holder holder = holders.of(node);
      if (holder.ticket == ticket) {
        holder.session = Optional.empty();
        holder.wanted(Map.of());
        holder.unlimit();
        turns.unparkAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends every session: this node does not lead any more. */
  void close() {
    Collection<ClaimSession> open;
    lock.lock();
    try {
      open = holders.clear();
      redirects.clear();
    } finally {
      lock.unlock();
    }
    open.forEach(ClaimSession::lost);
  }

  /** What is known of the nodes' leases. */
  Map<Integer, ShardFold.Fence> fences() {
    lock.lock();
    try {
      return Map.copyOf(holders.fences());
    } finally {
      lock.unlock();
    }
  }

  /** How a delivery waits that a node has given back for another one; empty where it does not. */
  Optional<Redirected> redirected(DeliveryId delivery) {
    lock.lock();
    try {
      return redirects.find(delivery);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Chooses claims to propose, one record for each node. Empty where there is no work or no room.
   *
   * @throws io.mailraft.queue.store.StoreException if the database cannot be read; nothing is
   *     chosen then
   */
  List<ClaimDeliveries> plan() {
    lock.lock();
    try {
      Map<Integer, ClaimDeliveries.Builder> plans = new LinkedHashMap<>();
      try {
        int left = PLAN_MAX - planRedirected(plans);
        for (Turns.Zone zone : turns.zones().values()) {
          left -= planLimited(zone, left, plans);
          left -= planOpen(zone, left, plans);
        }
      } catch (RuntimeException e) {
        plans.values().forEach(plan -> takeBack(plan.build()));
        throw e;
      }
      return plans.values().stream().map(ClaimDeliveries.Builder::build).toList();
    } finally {
      lock.unlock();
    }
  }

  private int planRedirected(Map<Integer, ClaimDeliveries.Builder> plans) {
    for (Redirects.Redirect given : redirects.give()) {
      comeBack(given.lane(), given.delivery());
    }
    int[] planned = {0};
    redirects.take(
        one -> {
          propose(plans, one.node(), holders.of(one.node()), one.lane(), one.delivery());
          return ++planned[0] < PLAN_MAX;
        });
    return planned[0];
  }

  /** Each lane that all nodes have limited gets what one of them can use, or is parked. */
  private int planLimited(Turns.Zone zone, int limit, Map<Integer, ClaimDeliveries.Builder> plans) {
    int planned = 0;
    while (planned < limit && !zone.limited.isEmpty()) {
      Lane lane = zone.limited.element();
      Optional<Map.Entry<Integer, Holder>> roomiest = holders.roomiest(lane);
      if (!holders.isLimited(lane)) {
        zone.open.add(zone.limited.remove());
      } else if (roomiest.isEmpty()) {
        turns.park(zone.limited.remove());
      } else {
        planned += pick(zone.limited, roomiest.get(), limit - planned, plans);
      }
    }
    return planned;
  }

  private int planOpen(Turns.Zone zone, int limit, Map<Integer, ClaimDeliveries.Builder> plans) {
    int planned = 0;
    int misses = 0;
    while (planned < limit && misses < MISSES_MAX && misses < zone.open.size()) {
      Lane lane = zone.open.element();
      Optional<Map.Entry<Integer, Holder>> roomiest = holders.roomiest(lane);
      if (roomiest.isPresent()) {
        misses = 0;
        planned += pick(zone.open, roomiest.get(), limit - planned, plans);
      } else if (holders.isLimited(lane)) {
        turns.park(zone.open.remove());
      } else if (holders.limitNothing()) {
        // No node has room in the zone, so no lane of it can go on.
        break;
      } else {
        misses++;
        zone.open.add(zone.open.remove());
      }
    }
    return planned;
  }

  /** Picks from the first lane, which then has its next turn behind the others. */
  private int pick(
      ArrayDeque<Lane> lanes,
      Map.Entry<Integer, Holder> to,
      int limit,
      Map<Integer, ClaimDeliveries.Builder> plans) {
    // Taken out of its turn only once it was read: a database that cannot be read must not cost
    // the lane its place for good.
    Lane lane = lanes.element();
    int quantum = Math.min(Math.min(QUANTUM, to.getValue().room(lane)), limit);
    List<DeliveryId> picked = cursors.scan(lane, quantum, delivery -> !waitsApart(delivery));
    lanes.remove();
    if (picked.size() < quantum) {
      turns.leave(lane);
    } else {
      lanes.add(lane);
    }
    picked.forEach(delivery -> propose(plans, to.getKey(), to.getValue(), lane, delivery));
    return picked.size();
  }

  /** Whether a queued delivery is none of its lane's turns: proposed, or redirected. */
  private boolean waitsApart(DeliveryId delivery) {
    return proposed.containsKey(delivery) || redirects.contains(delivery);
  }

  /**
   * Claims for deliveries that the entry being made queues, to be proposed in the same entry: a
   * message that nobody waits before goes out without a second entry. Where others of its zone wait
   * already, or nobody has room, it takes its turn as they do.
   */
  List<ClaimDeliveries> foresee(List<StoreMessage> messages) {
    lock.lock();
    try {
      Map<Integer, ClaimDeliveries.Builder> plans = new LinkedHashMap<>();
      int left = PLAN_MAX;
      for (StoreMessage message : messages) {
        if (message.getEnvelope().getSendAtMillis() > 0) {
          continue; // It may have to wait; where it has not, it is queued and picked like any
          // other.
        }
        for (Recipient recipient : message.getRecipientsList()) {
          if (left > 0 && foresee(message, recipient, plans)) {
            left--;
          }
        }
      }
      return plans.values().stream().map(ClaimDeliveries.Builder::build).toList();
    } finally {
      lock.unlock();
    }
  }

  private boolean foresee(
      StoreMessage message, Recipient recipient, Map<Integer, ClaimDeliveries.Builder> plans) {
    Lane lane = new Lane(recipient.getZone(), recipient.getDomain());
    DeliveryId delivery = new DeliveryId(MessageId.of(message.getId()), recipient.getSeq());
    if (turns.waits(lane) || proposed.containsKey(delivery)) {
      return false;
    }
    Optional<Map.Entry<Integer, Holder>> roomiest = holders.roomiest(lane);
    roomiest.ifPresent(
        entry -> {
          propose(plans, entry.getKey(), entry.getValue(), lane, delivery);
          // Its lane has no turn, so what stands before it is proposed, or in an entry that is not
          // applied yet: that comes back when it is.
          cursors.pass(lane, delivery);
        });
    return roomiest.isPresent();
  }

  private void propose(
      Map<Integer, ClaimDeliveries.Builder> plans,
      int node,
      Holder holder,
      Lane lane,
      DeliveryId delivery) {
    ClaimOwner owner = new ClaimOwner(node, holder.epoch, lane, 0);
    proposed.put(delivery, owner);
    plans
        .computeIfAbsent(node, n -> ClaimDeliveries.newBuilder().setNode(n).setEpoch(holder.epoch))
        .addDeliveries(owner.ref(delivery));
    holder.hold(lane, 1);
  }

  /** A proposal is over, applied or not. What did not become a claim is looked at again. */
  void settle(ClaimDeliveries plan) {
    lock.lock();
    try {
      takeBack(plan);
    } finally {
      lock.unlock();
    }
    wakeForWork();
  }

  /** Has planning look again, for what may have waited for long enough. */
  void wakeForWork() {
    if (turns.any() || redirects.any()) {
      wake.run();
    }
  }

  private void takeBack(ClaimDeliveries plan) {
    for (DeliveryRef ref : plan.getDeliveriesList()) {
      DeliveryId delivery = ShardFold.idOf(ref);
      ClaimOwner owner = proposed.remove(delivery);
      if (owner != null) {
        holders.of(owner.node()).hold(owner.lane(), -1);
        comeBack(owner.lane(), delivery);
      }
    }
  }

  @Override
  public void queued(Lane lane, DeliveryId delivery) {
    lock.lock();
    try {
      ClaimOwner owner = proposed.get(delivery);
      if (owner != null && owner.lane().equals(lane)) {
        return;
      }
      if (owner != null) {
        // Moved to another lane before the claim was applied, which therefore will be refused.
        proposed.remove(delivery);
        holders.of(owner.node()).hold(owner.lane(), -1);
      }
      if (!redirects.queued(lane, delivery)) {
        comeBack(lane, delivery);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void redirected(DeliveryId delivery, String source) {
    lock.lock();
    try {
      redirects.announce(delivery, source, owners.apply(source));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void unfit(DeliveryId delivery) {
    lock.lock();
    try {
      redirects.announceUnfit(delivery);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void claimed(DeliveryId delivery, ClaimOwner owner) {
    lock.lock();
    try {
      redirects.remove(delivery);
      if (proposed.remove(delivery) == null) {
        // Proposed by an earlier leader, or by this one before a stumble.
        holders.of(owner.node()).hold(owner.lane(), 1);
      }
      outgoing.add(delivery, owner, redirects.others(delivery, owner.lane(), owner.node()));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void unclaimed(DeliveryId delivery, ClaimOwner owner) {
    lock.lock();
    try {
      holders.of(owner.node()).hold(owner.lane(), -1);
      redirects.unclaimed(delivery, owner.node());
      redirects.first(owner.node(), owner.lane());
      turns.unpark(owner.lane());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void fenced(int node, long epoch, boolean live) {
    lock.lock();
    try {
      holders.fences().put(node, new ShardFold.Fence(epoch, live));
      turns.unparkAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void settled() {
    lock.lock();
    try {
      outgoing.handOut(holders.all());
    } finally {
      lock.unlock();
    }
    wakeForWork();
  }

  private void comeBack(Lane lane, DeliveryId delivery) {
    cursors.comeBack(lane, delivery);
    turns.enter(lane);
  }
}
