package io.mailraft.queue;

import com.google.protobuf.ByteString;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.shard.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's claims on one shard: attached to whichever node leads it, and to the next leader when
 * that one is lost.
 *
 * <p>What was claimed stays in {@code holding} until its outcome is confirmed. Each attachment
 * tells the leader what is held, and the leader takes back what this node does not know of. An
 * attachment has a generation, and claims that arrive by an older one are dropped: the leader of
 * the newer one has taken them back.
 */
final class ClaimIntake implements Group.Listener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClaimIntake.class);
  private static final long RETRY_MILLIS = 100;
  private static final long CREDIT_MILLIS = 5;

  private final int number;
  private final GroupClient client;
  private final Shard shard;
  private final Consumer<List<ClaimedDelivery>> consumer;
  private final ScheduledExecutorService timer;
  private final ExecutorService reader;
  private final Map<Held, DeliveryRef> holding = new HashMap<>();

  /**
   * Held while an attachment is opened, credited or closed, so that the leader sees these in the
   * order of their generations. It is never taken by those who hand claims in: they hold the
   * leader's locks, which opening and crediting take, and need this object's monitor alone, under
   * which nothing else is called.
   */
  private final ReentrantLock attaching = new ReentrantLock();

  private final Map<String, Integer> wanted = new HashMap<>();
  private final Map<Domain, DomainLimit> limits = new HashMap<>();

  /** What the leader was not told yet. */
  private final Map<Domain, DomainLimit> changes = new HashMap<>();

  private boolean wantedChanged;
  private boolean credits;
  private Optional<NodeLease.Held> lease = Optional.empty();
  private Optional<Desk.Attachment> attachment = Optional.empty();
  private long generation;
  private boolean closed;

  private record Domain(String zone, String domain) {}

  private record Held(ByteString message, int seq, long epoch) {
    static Held of(DeliveryRef ref, long epoch) {
      return new Held(ref.getId(), ref.getSeq(), epoch);
    }
  }

  /**
   * @param number 1 for shard 0
   * @param consumer takes claims, on this intake's thread: all of them, or none and throws
   */
  ClaimIntake(
      int number,
      GroupClient client,
      Shard shard,
      Consumer<List<ClaimedDelivery>> consumer,
      ScheduledExecutorService timer) {
    this.number = number;
    this.client = client;
    this.shard = shard;
    this.consumer = consumer;
    this.timer = timer;
    this.reader =
        Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("claims-" + shard.number()).factory());
    client.group().onLeadership(this);
  }

  /** A new lease: from here on claims are taken under its epoch. */
  void lease(NodeLease.Held next) {
    synchronized (this) {
      lease = Optional.of(next);
    }
    attach();
  }

  /** Says how many claims of a zone are wanted, those of limited domains not counted. */
  void wants(String zone, int claims) {
    synchronized (this) {
      Integer before = wanted.put(zone, claims);
      wantedChanged |= before == null || before != claims;
    }
    creditSoon();
  }

  /** Limits the claims of a domain, or frees it. */
  void limits(DomainLimit limit) {
    synchronized (this) {
      Domain domain = new Domain(limit.getZone(), limit.getDomain());
      boolean changed =
          limit.getFree()
              ? limits.remove(domain) != null
              : !limit.equals(limits.put(domain, limit));
      if (!changed) {
        return;
      }
      changes.put(domain, limit);
    }
    creditSoon();
  }

  /** The leader hears of many changes at once: it is told a moment later, on another thread. */
  private void creditSoon() {
    synchronized (this) {
      if (credits || closed) {
        return;
      }
      credits = true;
    }
    try {
      var _ =
          timer.schedule(
              () -> Thread.ofVirtual().name("credits").start(this::credit),
              CREDIT_MILLIS,
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.trace("stopping", e);
    }
  }

  private void credit() {
    attaching.lock();
    try {
      Map<String, Integer> now;
      List<DomainLimit> changed;
      synchronized (this) {
        credits = false;
        // The next attachment says everything.
        if (attachment.isEmpty() || (!wantedChanged && changes.isEmpty())) {
          return;
        }
        now = Map.copyOf(wanted);
        changed = List.copyOf(changes.values());
        changes.clear();
        wantedChanged = false;
      }
      attachment.get().credit(now, changed);
    } finally {
      attaching.unlock();
    }
  }

  /** An outcome with the name of the claim that it ends, so that a repeat ends no later one. */
  synchronized Outcome named(Outcome outcome, long epoch) {
    DeliveryRef ref = holding.get(new Held(outcome.getId(), outcome.getSeq(), epoch));
    return ref == null ? outcome : outcome.toBuilder().setClaim(ref.getClaim()).build();
  }

  /** The shard has confirmed this outcome. The delivery may be claimed anew already. */
  synchronized void settled(Outcome outcome, long epoch) {
    Held held = new Held(outcome.getId(), outcome.getSeq(), epoch);
    DeliveryRef ref = holding.get(held);
    if (ref != null && (outcome.getClaim() == 0 || outcome.getClaim() == ref.getClaim())) {
      holding.remove(held);
    }
  }

  /** Number of claims that this node knows of. */
  synchronized int held() {
    return holding.size();
  }

  @Override
  public void leading(long term) {
    attach();
  }

  @Override
  public void following(Optional<String> leader) {
    attach();
  }

  private void attach() {
    attaching.lock();
    try {
      detach();
      long mine;
      Attach request;
      synchronized (this) {
        mine = ++generation;
        if (closed || lease.isEmpty()) {
          return;
        }
        request = request(lease.get());
      }
      Optional<Desk> leader = client.leaderDesk();
      if (leader.isEmpty()) {
        retry(mine);
        return;
      }
      var _ =
          leader
              .get()
              .attach(number, request, receiver(mine))
              .whenComplete(
                  (opened, trouble) -> {
                    if (trouble == null) {
                      attached(mine, opened);
                    } else {
                      log.debug("shard {}: not attached: {}", shard.number(), trouble.toString());
                      retry(mine);
                    }
                  });
    } finally {
      attaching.unlock();
    }
  }

  private Attach request(NodeLease.Held under) {
    Attach.Builder builder =
        Attach.newBuilder()
            .setNode(under.node())
            .setEpoch(under.epoch())
            .putAllWanted(wanted)
            .addAllLimits(limits.values());
    changes.clear();
    wantedChanged = false;
    holding.forEach(
        (held, ref) -> {
          if (held.epoch() == under.epoch()) {
            builder.addHolding(ref);
          }
        });
    return builder.build();
  }

  private void attached(long mine, Desk.Attachment opened) {
    attaching.lock();
    try {
      if (!isCurrent(mine)) {
        opened.close();
        return;
      }
      attachment = Optional.of(opened);
    } finally {
      attaching.unlock();
    }
    creditSoon();
  }

  private void detach() {
    attachment.ifPresent(Desk.Attachment::close);
    attachment = Optional.empty();
  }

  private void retry(long mine) {
    try {
      var _ =
          timer.schedule(
              () -> Thread.ofVirtual().name("attach").start(() -> attachAgain(mine)),
              RETRY_MILLIS,
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.trace("stopping", e);
    }
  }

  private void attachAgain(long mine) {
    if (isCurrent(mine)) {
      attach();
    }
  }

  private synchronized boolean isCurrent(long mine) {
    return mine == generation;
  }

  private Desk.Receiver receiver(long mine) {
    return new Desk.Receiver() {
      @Override
      public void claims(ClaimDeliveries claims, long index) {
        if (take(mine, claims)) {
          try {
            reader.execute(() -> pass(claims, index));
          } catch (RejectedExecutionException e) {
            log.trace("stopping", e);
          }
        }
      }

      @Override
      public void lost() {
        if (isCurrent(mine)) {
          retry(mine);
        }
      }
    };
  }

  private synchronized boolean take(long mine, ClaimDeliveries claims) {
    if (closed || mine != generation) {
      return false;
    }
    hold(claims);
    return true;
  }

  synchronized void hold(ClaimDeliveries claims) {
    claims.getDeliveriesList().forEach(ref -> holding.put(Held.of(ref, claims.getEpoch()), ref));
  }

  /**
   * Passes claims on; where that does not work, they go back to the queue after a while, since the
   * leader takes back what is not known here.
   */
  private void pass(ClaimDeliveries claims, long index) {
    try {
      read(claims, index);
    } catch (RuntimeException e) {
      log.error(
          "shard {}: {} claims could not be passed on, they go back",
          shard.number(),
          claims.getDeliveriesCount(),
          e);
      long current;
      synchronized (this) {
        claims.getDeliveriesList().forEach(ref -> forget(ref, claims.getEpoch()));
        current = generation;
      }
      retry(current);
    }
  }

  /** Reads the rows of claims once this node's replica has them, and passes them on. */
  private void read(ClaimDeliveries claims, long index) {
    try {
      var _ = client.group().awaitApplied(index).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (ExecutionException e) {
      log.debug("shard {}: the replica stopped: {}", shard.number(), String.valueOf(e.getCause()));
      return;
    }
    List<ClaimedDelivery> ready = new ArrayList<>(claims.getDeliveriesCount());
    long nowMillis = client.group().applied().stampMillis();
    Map<MessageId, Optional<StoredMessage>> messages = new HashMap<>();
    for (DeliveryRef ref : claims.getDeliveriesList()) {
      MessageId id = MessageId.of(ref.getId());
      Optional<StoredMessage> message = messages.computeIfAbsent(id, shard::message);
      Optional<StoredDelivery> delivery =
          shard.delivery(id, ref.getSeq()).filter(row -> row.getState() == DeliveryState.QUEUED);
      if (message.isPresent() && delivery.isPresent()) {
        ready.add(
            new ClaimedDelivery(
                id,
                ref.getSeq(),
                claims.getEpoch(),
                message.get(),
                delivery.get(),
                age(message.get(), nowMillis),
                ref.getOthers()));
      } else {
        // It has ended meanwhile: another node's late report that it was delivered.
        forget(ref, claims.getEpoch());
      }
    }
    consumer.accept(ready);
  }

  /** A message that was to wait is no older than the time at which it was to be sent. */
  private static long age(StoredMessage message, long nowMillis) {
    Envelope envelope = message.getEnvelope();
    long stamp = message.getStampMillis();
    // Rows of earlier versions have no stamp.
    long sinceMillis = stamp > 0 ? stamp : envelope.getAcceptedMillis();
    return Math.max(0, nowMillis - Math.max(sinceMillis, envelope.getSendAtMillis()));
  }

  private synchronized void forget(DeliveryRef ref, long epoch) {
    holding.remove(Held.of(ref, epoch), ref);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      generation++;
    }
    attaching.lock();
    try {
      detach();
    } finally {
      attaching.unlock();
    }
    reader.shutdownNow();
  }
}
