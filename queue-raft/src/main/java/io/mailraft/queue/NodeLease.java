package io.mailraft.queue;

import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.RenewLeases;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.control.NodeEntry;
import io.mailraft.queue.raft.Answer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's lease: asks for it, renews it, and knows by the node's own monotonic clock whether it
 * is alive (I5).
 *
 * <p>A renewal counts from the moment before it was asked for, and a margin is kept, so the lease
 * ends here before the control leader lets it lapse. A process that was frozen finds on waking that
 * its time is over. A renewal counts only once this node has applied the log up to it: who holds a
 * lease has heard of all that was agreed on before.
 */
final class NodeLease implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeLease.class);
  private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(10);

  private final GroupClient control;
  private final ControlFold fold;
  private final String name;
  private final long incarnation;
  private final NodeAddresses addresses;
  private final Duration term;
  private final LongSupplier nanoClock;
  private final Consumer<Held> listener;
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean stopped;
  private volatile long obeyedIndex;
  private final CompletableFuture<Held> first = new CompletableFuture<>();
  private volatile Optional<Held> held = Optional.empty();
  private volatile long deadlineNanos;

  /**
   * A lease that was given to this node.
   *
   * @param node this node's number
   * @param epoch its epoch
   */
  record Held(int node, long epoch) {}

  /**
   * @param incarnation random, one for each start of the process
   * @param listener hears of every new lease, on the lease's own thread
   */
  NodeLease(
      GroupClient control,
      ControlFold fold,
      String name,
      long incarnation,
      NodeAddresses addresses,
      Duration term,
      LongSupplier nanoClock,
      Consumer<Held> listener) {
    this.control = control;
    this.fold = fold;
    this.name = name;
    this.incarnation = incarnation;
    this.addresses = addresses;
    this.term = term;
    this.nanoClock = nanoClock;
    this.listener = listener;
  }

  void start() {
    Thread.ofVirtual().name("node-lease").start(this::run);
  }

  /** Whether the lease of this epoch is alive, with a margin. */
  boolean alive(long epoch) {
    Optional<Held> now = held;
    return now.isPresent()
        && now.get().epoch() == epoch
        && nanoClock.getAsLong() - deadlineNanos < 0;
  }

  /** The lease that was given last, alive or not. */
  Optional<Held> held() {
    return held;
  }

  /** This node obeys what was agreed on up to a log index: said with a renewal, at once. */
  void obeyed(long index) {
    obeyedIndex = index;
    wake.release();
  }

  /** Completes with the first lease. */
  CompletableFuture<Held> first() {
    return first;
  }

  private void run() {
    long roundMillis = Math.max(20, term.toMillis() / 5);
    try {
      while (!stopped) {
        var _ = wake.tryAcquire(held.isPresent() ? roundMillis : 50, TimeUnit.MILLISECONDS);
        wake.drainPermits();
        if (stopped) {
          return;
        }
        try {
          if (held.isEmpty()) {
            join();
          } else {
            renew(held.get());
          }
        } catch (ExecutionException e) {
          log.debug("the lease was not renewed: {}", String.valueOf(e.getCause()));
        } catch (RuntimeException e) {
          // Without this thread the node would never deliver again.
          log.error("asking for the lease went wrong, it is asked for again", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void join() throws InterruptedException, ExecutionException {
    long asked = nanoClock.getAsLong();
    Record record =
        Record.newBuilder()
            .setJoinNode(
                JoinNode.newBuilder()
                    .setName(name)
                    .setIncarnation(incarnation)
                    .setAddresses(addresses))
            .build();
    switch (control.submit(record, JOIN_TIMEOUT).get()) {
      case Answer.Accepted(long index, long epoch) -> {
        var _ = control.group().awaitApplied(index).get();
        Optional<NodeEntry> entry = fold.current().node(name);
        if (entry.isPresent()) {
          Held next = new Held(entry.get().number(), epoch);
          deadlineNanos = deadline(asked);
          held = Optional.of(next);
          log.info("node {} holds lease {}", name, epoch);
          listener.accept(next);
          first.complete(next);
        }
      }
      case Answer.Refused(long index, String detail) ->
          log.error("this node cannot join: {} (log index {})", detail, index);
    }
  }

  /**
   * Where nothing changed since what this node has said that it obeys, it obeys up to all that was
   * applied here: others may wait for an index between changes.
   */
  private long obeyedIndex() {
    long said = obeyedIndex;
    // In this order: the view is at least as new as the index.
    long applied = fold.appliedIndex();
    return said > 0 && said == fold.current().index() ? Math.max(said, applied) : said;
  }

  private void renew(Held lease) throws InterruptedException, ExecutionException {
    long asked = nanoClock.getAsLong();
    Record record =
        Record.newBuilder()
            .setRenew(
                RenewLeases.newBuilder()
                    .setObeyedIndex(obeyedIndex())
                    .addLeases(LeaseRef.newBuilder().setNode(lease.node()).setEpoch(lease.epoch())))
            .build();
    switch (control.submit(record, term).get()) {
      case Answer.Accepted(long index, _) -> {
        // A replica that stands still knows of no suspension and no removed address. It asks for
        // no further renewal meanwhile, so the lease lapses and others take over.
        var _ = control.group().awaitApplied(index).get();
        deadlineNanos = deadline(asked);
      }
      case Answer.Refused refused -> {
        log.warn("lease {} has lapsed, asking for another", lease.epoch());
        held = Optional.empty();
      }
    }
  }

  private long deadline(long askedNanos) {
    return askedNanos + term.toNanos() - term.toNanos() / 10;
  }

  @Override
  public void close() {
    stopped = true;
    wake.release();
  }
}
