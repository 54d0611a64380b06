package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.DropUploads;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.ForgetKeys;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.ReleaseDeferred;
import io.mailraft.api.log.RerouteDeliveries;
import io.mailraft.api.log.ReturnClaims;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.log.TrimHistory;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.control.ControlView;
import io.mailraft.queue.control.NodeEntry;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.BusyException;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.raft.GroupTime;
import io.mailraft.queue.store.StoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The decisions of a shard's leader in one term: which claims, which deferred deliveries are due,
 * what is forgotten, whose lease has lapsed. All of them are proposals; none touches the state.
 */
final class ShardLeader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ShardLeader.class);
  private static final Duration ROUND = Duration.ofMillis(200);
  private static final Duration SWEEP_MAX = Duration.ofSeconds(10);
  private static final Duration STUMBLE = Duration.ofMillis(50);
  private static final int REFS_MAX = 1000;

  private final Group group;
  private final ShardFold fold;
  private final ShardSettings settings;
  private final GroupTime time;
  private final Picker picker;
  private final Trimmer trimmer;
  private final Semaphore work = new Semaphore(0);
  private final LongSupplier controlIndex;
  private final Supplier<ControlView> control;
  private final Semaphore leases = new Semaphore(0);
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean open = true;
  private final Duration sweep;
  private byte[] dueCursor = Rows.FIRST;

  ShardLeader(
      Group group,
      ShardFold fold,
      ShardSettings settings,
      InstantSource clock,
      int self,
      LongSupplier controlIndex,
      Supplier<ControlView> control) {
    this.group = group;
    this.fold = fold;
    this.settings = settings;
    this.time = new GroupTime(clock, () -> group.applied().stampMillis());
    this.picker = new Picker(group.view(), self, this::ownerOf, work::release);
    this.trimmer = new Trimmer(group.view(), fold::historyBytes, settings);
    this.controlIndex = controlIndex;
    this.control = control;
    this.sweep =
        settings.uploadTimeout().compareTo(SWEEP_MAX) < 0 ? settings.uploadTimeout() : SWEEP_MAX;
  }

  void start() {
    fold.attach(picker, () -> picker.start(fold));
    group.accompany(this::join);
    threads.add(Thread.ofPlatform().daemon().name(group.name() + "-picker").start(this::pick));
    threads.add(
        Thread.ofVirtual()
            .name(group.name() + "-rounds")
            .start(() -> repeat(ROUND, picker::wakeForWork, this::releaseDue, this::reroute)));
    // Apart, as much may be due at once: a node with a new lease waits for no mail.
    leasesChanged();
    threads.add(
        Thread.ofVirtual()
            .name(group.name() + "-fences")
            .start(() -> repeat(Duration.ZERO, this::awaitLeases, this::fence)));
    // Apart, as much may have to go at once: no mail that is due waits for that.
    threads.add(
        Thread.ofVirtual()
            .name(group.name() + "-sweeps")
            .start(() -> repeat(sweep, this::trim, this::forgetKeys, this::dropUploads)));
    work.release();
  }

  /** The live node that owns a source; of several the first. */
  private OptionalInt ownerOf(String source) {
    return control.get().nodes().values().stream()
        .filter(NodeEntry::live)
        .filter(node -> node.addresses().getSourcesList().contains(source))
        .mapToInt(NodeEntry::number)
        .min();
  }

  /** The leases, or other things that the control group agreed on, changed. Never blocks. */
  void leasesChanged() {
    leases.release();
  }

  private void awaitLeases() throws InterruptedException {
    var _ = leases.tryAcquire(ROUND.toMillis(), TimeUnit.MILLISECONDS);
    leases.drainPermits();
  }

  /**
   * Opens a node's claims. What the state says that it holds and it does not know of was lost on
   * the way: it goes back.
   *
   * @return a ticket that closes the session
   */
  long attach(
      int node,
      long epoch,
      Map<String, Integer> wanted,
      List<DomainLimit> limits,
      List<DeliveryRef> holding,
      ClaimSession session) {
    Map<DeliveryId, Long> known = new HashMap<>();
    holding.forEach(ref -> known.put(ShardFold.idOf(ref), ref.getClaim()));
    List<DeliveryRef> lost = new ArrayList<>();
    long[] ticket = new long[1];
    // Under the fold's lock no claim can be applied between the look and the session's start. Each
    // return names its claim by index, so a late one cannot take a newer claim away.
    fold.attach(
        picker,
        () -> {
          fold.claims()
              .forEach(
                  (delivery, owner) -> {
                    Long claim = known.get(delivery);
                    boolean held = claim != null && owner.is(node, epoch, claim);
                    if (owner.is(node, epoch, 0) && !held) {
                      lost.add(ref(delivery, owner.lane(), owner.index()));
                    }
                  });
          ticket[0] = picker.attach(node, epoch, wanted, limits, session);
        });
    if (!lost.isEmpty()) {
      log.info(
          "{}: node {} does not know of {} claims, they go back", group.name(), node, lost.size());
      for (int from = 0; from < lost.size(); from += REFS_MAX) {
        returnClaims(
            ReturnClaims.newBuilder()
                .setNode(node)
                .setEpoch(epoch)
                .addAllDeliveries(lost.subList(from, Math.min(from + REFS_MAX, lost.size())))
                .build());
      }
    }
    leasesChanged();
    return ticket[0];
  }

  /** Nobody else returns these, so a leader that has too much to do just now asks itself again. */
  private void returnClaims(ReturnClaims claims) {
    var _ =
        group
            .propose(Record.newBuilder().setReturnClaims(claims).build())
            .whenComplete(
                (answer, trouble) -> {
                  if (trouble instanceof BusyException && open) {
                    CompletableFuture.delayedExecutor(STUMBLE.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> returnClaims(claims));
                  }
                });
  }

  /** What a queued delivery waits for here; empty where it is no more than its turn. */
  Optional<Reason> explain(DeliveryId delivery) {
    return picker.redirected(delivery).map(known -> known.reason(this::nameOf));
  }

  private String nameOf(int node) {
    return control.get().nodes().values().stream()
        .filter(entry -> entry.number() == node)
        .map(NodeEntry::name)
        .findFirst()
        .orElse("node " + node);
  }

  void credit(int node, long epoch, Map<String, Integer> wanted, List<DomainLimit> limits) {
    picker.credit(node, epoch, wanted, limits);
  }

  void detach(int node, long ticket) {
    picker.detach(node, ticket);
  }

  @Override
  public void close() {
    open = false;
    group.accompany(Group.Companion.NONE);
    fold.detach();
    picker.close();
    threads.forEach(Thread::interrupt);
  }

  private void pick() {
    try {
      while (open) {
        work.acquire();
        work.drainPermits();
        try {
          List<ClaimDeliveries> plans = picker.plan();
          while (open && !plans.isEmpty()) {
            plans.forEach(this::claim);
            plans = picker.plan();
          }
        } catch (RuntimeException e) {
          // A database that is closing, or being replaced. Without this thread nothing is claimed.
          stumbled(e);
          TimeUnit.NANOSECONDS.sleep(ROUND.toNanos()); // So that lasting trouble does not spin.
          work.release();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void claim(ClaimDeliveries plan) {
    settle(plan, group.propose(Record.newBuilder().setClaim(plan).build()));
  }

  private void settle(ClaimDeliveries plan, CompletableFuture<Answer> claimed) {
    var _ =
        claimed.whenComplete(
            (answer, trouble) -> {
              if (trouble == null) {
                picker.settle(plan);
              } else {
                // Not leading any more, or too much waits: planning again at once would spin.
                CompletableFuture.delayedExecutor(STUMBLE.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> picker.settle(plan));
              }
            });
  }

  /** Claims join the entry that stores their message. */
  private List<Group.Added> join(List<Record> records) {
    List<StoreMessage> messages =
        records.stream().filter(Record::hasStoreMessage).map(Record::getStoreMessage).toList();
    return picker.foresee(messages).stream().map(this::added).toList();
  }

  private Group.Added added(ClaimDeliveries plan) {
    CompletableFuture<Answer> claimed = new CompletableFuture<>();
    settle(plan, claimed);
    return new Group.Added(Record.newBuilder().setClaim(plan).build(), claimed);
  }

  private void stumbled(RuntimeException e) {
    if (open && e instanceof StoreException) {
      // Its disk is broken, so the replica is about to stop and tells why.
      log.warn("{}: the leader cannot read its replica: {}", group.name(), e.getMessage());
    } else if (open) {
      log.error("{}: the leader stumbled, it goes on", group.name(), e);
    }
  }

  /**
   * The shard's knowledge of leases follows the control group's, and never runs ahead of what this
   * node has seen of that: a lease is fenced off for good, so a replica of the control group that
   * has not yet applied the join that gave the lease (its epoch is that log index) must not decide.
   */
  private void fence() {
    if (!open) {
      return;
    }
    // In this order: the view is at least as new as the index.
    long seen = controlIndex.getAsLong();
    Map<Integer, ShardFold.Fence> fences = picker.fences();
    for (NodeEntry node : control.get().nodes().values()) {
      ShardFold.Fence fence = fences.getOrDefault(node.number(), new ShardFold.Fence(0, false));
      if (node.live() && node.epoch() > fence.epoch()) {
        propose(fenceRecord(node.number(), node.epoch(), true));
      } else if (!node.live() && fence.live() && fence.epoch() <= seen) {
        propose(fenceRecord(node.number(), fence.epoch(), false));
      }
    }
  }

  private static Record.Builder fenceRecord(int node, long epoch, boolean live) {
    return Record.newBuilder()
        .setFence(FenceNode.newBuilder().setNode(node).setEpoch(epoch).setLive(live));
  }

  /** One of a leader's tasks. */
  private interface Task {
    void run() throws InterruptedException;
  }

  private void repeat(Duration pause, Task... tasks) {
    try {
      while (open) {
        try {
          for (Task task : tasks) {
            task.run();
          }
        } catch (RuntimeException e) {
          stumbled(e);
        }
        TimeUnit.NANOSECONDS.sleep(pause.toNanos()); // The pause between rounds.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Queues what is due. The cursor spares the scan the rows that were released before: no row
   * stands before it, because a deferral is due at its entry's stamp or later, and stamps never go
   * back. The stamp is read before the scan: entries that the scan does not see are not older.
   */
  private void releaseDue() throws InterruptedException {
    List<DeliveryRef> due = new ArrayList<>();
    do {
      due.clear();
      long stamp = group.applied().stampMillis();
      long now = nowMillis();
      long[] last = {now};
      group
          .view()
          .scan(
              Rows.DUE,
              dueCursor,
              Rows.millis(now + 1),
              (key, value) -> {
                last[0] = Rows.firstMillis(key);
                due.add(ref(Rows.lastDelivery(key), Rows.dueLane(value), 0));
                return due.size() < REFS_MAX;
              });
      if (!due.isEmpty()
          && await(
                  Record.newBuilder()
                      .setRelease(ReleaseDeferred.newBuilder().addAllDeliveries(due)))
              .isEmpty()) {
        return;
      }
      dueCursor = Rows.millis(Math.min(last[0], stamp));
    } while (open && due.size() == REFS_MAX);
  }

  /**
   * Moves what is queued in zones that are gone, as their removal ordered. What is claimed,
   * deferred or held there is moved once it is queued again.
   */
  private void reroute() throws InterruptedException {
    for (Map.Entry<String, String> order : control.get().document().reroutes().entrySet()) {
      String zone = order.getKey();
      if (fold.counters().zones().getOrDefault(zone, Depth.ZERO).queued() > 0) {
        reroute(zone, order.getValue());
      }
    }
  }

  /** Goes on behind the last row each time: the rows of those that have moved may lie there yet. */
  private void reroute(String from, String to) throws InterruptedException {
    List<DeliveryRef> some = new ArrayList<>();
    byte[][] next = {Rows.zoneFirst(from)};
    do {
      some.clear();
      group
          .view()
          .scan(
              Rows.READY,
              next[0],
              Rows.zoneEnd(from),
              (key, value) -> {
                some.add(ref(Rows.lastDelivery(key), Rows.readyLane(key), 0));
                next[0] = Rows.after(key);
                return some.size() < REFS_MAX;
              });
      if (!some.isEmpty()
          && await(
                  Record.newBuilder()
                      .setReroute(
                          RerouteDeliveries.newBuilder().setZone(to).addAllDeliveries(some)))
              .isEmpty()) {
        return;
      }
    } while (open && some.size() == REFS_MAX);
  }

  /** A sweep drops all that is due, in records of a bounded size: it must keep up with any rate. */
  private void trim() throws InterruptedException {
    Optional<TrimHistory> next = trimmer.next(nowMillis(), group.applied().stampMillis());
    while (open && next.isPresent()) {
      if (await(Record.newBuilder().setTrimHistory(next.get())).isEmpty()) {
        return;
      }
      trimmer.done();
      next = trimmer.next(nowMillis(), group.applied().stampMillis());
    }
  }

  /** The same for idempotency keys. */
  private void forgetKeys() throws InterruptedException {
    Optional<ForgetKeys> next = trimmer.nextKeys(nowMillis(), group.applied().stampMillis());
    while (open && next.isPresent()) {
      if (await(Record.newBuilder().setForgetKeys(next.get())).isEmpty()) {
        return;
      }
      trimmer.keysDone();
      next = trimmer.nextKeys(nowMillis(), group.applied().stampMillis());
    }
  }

  private void dropUploads() throws InterruptedException {
    long before = nowMillis() - settings.uploadTimeout().toMillis();
    List<ByteString> idle = new ArrayList<>();
    group
        .view()
        .scan(
            Rows.UPLOAD,
            Rows.FIRST,
            new byte[] {(byte) 0xff},
            (key, value) -> {
              MessageId id = Rows.lastMessage(key);
              if (Messages.parseUpload(id, value).getLastMillis() < before) {
                idle.add(id.toByteString());
              }
              return idle.size() < REFS_MAX;
            });
    if (!idle.isEmpty()) {
      log.info("{}: collecting {} uploads that were given up", group.name(), idle.size());
      await(Record.newBuilder().setDropUploads(DropUploads.newBuilder().addAllIds(idle)));
    }
  }

  private long nowMillis() {
    return time.millis();
  }

  private void propose(Record.Builder record) {
    var _ =
        group
            .propose(record.build())
            .whenComplete(
                (answer, trouble) -> {
                  if (trouble != null) {
                    log.debug("{}: a proposal ended with {}", group.name(), trouble.toString());
                  }
                });
  }

  /** Proposes and waits; empty where it was not taken. */
  private Optional<Answer> await(Record.Builder record) throws InterruptedException {
    CompletableFuture<Answer> answer = group.propose(record.build());
    try {
      return Optional.of(answer.get());
    } catch (ExecutionException e) {
      log.debug("{}: a proposal ended with {}", group.name(), String.valueOf(e.getCause()));
      return Optional.empty();
    }
  }

  private static DeliveryRef ref(DeliveryId delivery, Lane lane, long claim) {
    return DeliveryRef.newBuilder()
        .setId(delivery.message().toByteString())
        .setSeq(delivery.seq())
        .setZone(lane.zone())
        .setDomain(lane.domain())
        .setClaim(claim)
        .build();
  }
}
