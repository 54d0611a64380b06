package io.mailraft.queue.control;

import io.mailraft.api.log.LapseLease;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.raft.Repeated;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control leader's clock over leases: proposes the lapse of each that was not renewed for a
 * full term.
 *
 * <p><b>Why nobody delivers under a lapsed lease (I5).</b> A node counts its term from before it
 * asked for the renewal; the leader counts from when it was about to propose it, and again from
 * when it was applied, which are later. The first of these keeps a lapse from standing right behind
 * a renewal in the log: the proposer keeps the order of its calls, and a lapse is chosen and
 * proposed in one step, so a renewal that was not noted before stands behind it and is refused. A
 * new leader does not know when a lease was renewed last, but that was before it led: it gives each
 * one a full term from then on. Clocks are monotonic and only durations are compared; the node's
 * margin covers the difference of their speeds.
 */
public final class LeaseKeeper implements Group.Listener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

  private final Group group;
  private final ControlFold fold;
  private final Duration term;
  private final LongSupplier nanoClock;
  private final Map<LeaseRef, Long> deadlines = new HashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lease-keeper").factory());
  private boolean leading;

  /**
   * @param term time for which a lease holds
   * @param nanoClock monotonic time, nanoseconds
   */
  public LeaseKeeper(Group group, ControlFold fold, Duration term, LongSupplier nanoClock) {
    this.group = group;
    this.fold = fold;
    this.term = term;
    this.nanoClock = nanoClock;
  }

  /** Starts to listen, before the group starts. */
  public void start() {
    fold.onRenewal(renewal -> renewed(renewal.lease()));
    group.onLeadership(this);
    long roundMillis = Math.max(10, term.toMillis() / 20);
    // Without these rounds no lease of a dead node would ever lapse.
    Repeated rounds = new Repeated("looking for leases that lapse", this::round);
    var _ = timer.scheduleWithFixedDelay(rounds, roundMillis, roundMillis, TimeUnit.MILLISECONDS);
  }

  @Override
  public synchronized void leading(long raftTerm) {
    leading = true;
    deadlines.clear();
    long deadline = nanoClock.getAsLong() + term.toNanos();
    for (NodeEntry node : fold.current().nodes().values()) {
      if (node.live()) {
        deadlines.put(ref(node), deadline);
      }
    }
  }

  @Override
  public synchronized void following(Optional<String> leader) {
    leading = false;
    deadlines.clear();
  }

  /**
   * Hears of a record that is about to be proposed to the control group by this node, as its
   * leader.
   */
  public synchronized void proposing(Record record) {
    long deadline = nanoClock.getAsLong() + term.toNanos();
    if (record.hasRenew()) {
      record
          .getRenew()
          .getLeasesList()
          .forEach(lease -> deadlines.computeIfPresent(lease, (_, _) -> deadline));
    } else if (record.hasJoinNode()) {
      // Asked again by the process that holds the lease, it is told the same one.
      fold.current()
          .node(record.getJoinNode().getName())
          .ifPresent(node -> deadlines.computeIfPresent(ref(node), (_, _) -> deadline));
    }
  }

  private synchronized void renewed(LeaseRef lease) {
    if (leading) {
      deadlines.put(lease, nanoClock.getAsLong() + term.toNanos());
    }
  }

  synchronized void round() {
    for (LeaseRef lease : lapsed()) {
      log.warn(
          "node {} was not heard of for {}: its lease {} lapses",
          lease.getNode(),
          term,
          lease.getEpoch());
      var _ =
          group
              .propose(
                  Record.newBuilder().setLapse(LapseLease.newBuilder().setLease(lease)).build())
              .whenComplete(
                  (answer, trouble) -> {
                    if (trouble != null) {
                      log.debug("a lapse was not applied: {}", trouble.toString());
                    }
                  });
    }
  }

  private List<LeaseRef> lapsed() {
    if (!leading) {
      return List.of();
    }
    ControlView view = fold.current();
    long now = nanoClock.getAsLong();
    deadlines
        .keySet()
        .removeIf(
            lease -> view.nodes().values().stream().noneMatch(node -> ref(node).equals(lease)));
    // A lease that was given while this node was becoming the leader may have slipped by both the
    // look at the state and the telling; its term starts here.
    view.nodes().values().stream()
        .filter(NodeEntry::live)
        .forEach(node -> deadlines.putIfAbsent(ref(node), now + term.toNanos()));
    List<LeaseRef> lapsed =
        deadlines.entrySet().stream()
            .filter(entry -> now - entry.getValue() >= 0)
            .map(Map.Entry::getKey)
            .toList();
    // Asked for again a term later, should the proposal get lost.
    lapsed.forEach(lease -> deadlines.put(lease, now + term.toNanos()));
    return lapsed;
  }

  private static LeaseRef ref(NodeEntry node) {
    return LeaseRef.newBuilder().setNode(node.number()).setEpoch(node.epoch()).build();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
