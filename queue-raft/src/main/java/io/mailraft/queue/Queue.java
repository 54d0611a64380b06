package io.mailraft.queue;

import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.config.ClusterSettings;
import io.mailraft.config.Quotas;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.control.ControlView;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.control.DutyKeeper;
import io.mailraft.queue.quota.Charge;
import io.mailraft.queue.shard.Depth;
import io.mailraft.queue.shard.Lane;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.throttle.Pace;
import io.mailraft.queue.throttle.SendBookThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The replicated queue as one node sees it: mail goes in by {@link #begin}, claims come out,
 * outcomes go back.
 *
 * <p>Where the leaders are makes no difference to the caller. Started by {@link #start}, and usable
 * once {@link #joined} is complete.
 */
public final class Queue implements Uploads, AutoCloseable {
  private final QueueSettings settings;
  private final InstantSource clock;
  private final Replicas replicas;
  private final NodeLease lease;
  private final DutyKeeper duties;
  private final Sends sends;
  private final Charges charges;
  private final Documents documents;
  private final OutcomeJournal journal;
  private final List<ClaimIntake> intakes = new ArrayList<>();
  private final List<OutcomeReporter> reporters = new ArrayList<>();
  private final DiskGuard disk;
  private final CompletableFuture<IdSource> ids;
  private final UploadOpener uploads;
  private volatile boolean accepting = true;

  /**
   * Opens the databases and logs. Nothing runs yet.
   *
   * @param claims takes the deliveries that this node may attempt, all of them, or none and throws;
   *     called on one thread for each shard
   * @param host delivers, as the duties of this node have it
   * @param broken hears, once, of trouble that stopped a replica: the process should end
   * @throws IOException if the data directory cannot be used; the message says what to do
   */
  public Queue(
      QueueSettings settings,
      InstantSource clock,
      Consumer<List<ClaimedDelivery>> claims,
      Host host,
      Consumer<Throwable> broken)
      throws IOException {
    this.settings = settings;
    this.clock = clock;
    this.disk = new DiskGuard(settings.node().dataDir(), settings.queue().minFreeBytes());
    this.replicas =
        new Replicas(settings, clock, disk, this::pace, this::quotas, host::explain, broken);
    this.documents = new Documents(replicas.controlClient(), replicas.control());
    this.journal = new OutcomeJournal(settings.node().dataDir().resolve("outcomes"));
    for (Shard shard : replicas.shards()) {
      GroupClient client = replicas.shardClient(shard.number());
      ClaimIntake intake =
          new ClaimIntake(shard.number() + 1, client, shard, claims, replicas.timer());
      intakes.add(intake);
      reporters.add(
          new OutcomeReporter("outcomes-" + shard.number(), client, journal, intake::settled));
    }
    this.lease =
        new NodeLease(
            replicas.controlClient(),
            replicas.control(),
            settings.node().id(),
            ThreadLocalRandom.current().nextLong(),
            KnownRecords.told(settings.addresses()),
            settings.cluster().leaseTerm(),
            System::nanoTime,
            this::leased);
    this.sends = new Sends(replicas.controlClient(), replicas.control(), lease::held);
    this.charges =
        new Charges(
            replicas.controlClient(),
            replicas.control(),
            lease::held,
            this::quotas,
            settings.queue().submitTimeout());
    this.duties = new DutyKeeper(replicas.control(), settings.node().id(), host, lease::obeyed);
    // A thread of its own: the common pool may have but one, which others may hold up.
    this.ids =
        lease
            .first()
            .thenApplyAsync(
                held -> idSource(clock, held.node()),
                task -> Thread.ofVirtual().name("ids").start(task));
    this.uploads = new UploadOpener(replicas, disk, ids, settings.queue().submitTimeout());
  }

  private void leased(NodeLease.Held held) {
    sends.book().reset();
    charges.book().reset();
    intakes.forEach(intake -> intake.lease(held));
  }

  private Optional<Pace> pace(String counter) {
    return duties.current().flatMap(now -> Pace.of(now.settings(), counter, clock.instant()));
  }

  private Quotas quotas() {
    return duties.current().map(Duties::settings).map(ClusterSettings::quotas).orElse(Quotas.NONE);
  }

  private IdSource idSource(InstantSource clock, int node) {
    try {
      long floor =
          replicas.groups().stream()
              .mapToLong(group -> group.applied().stampMillis())
              .max()
              .orElse(0);
      return new IdSource(settings.node().dataDir().resolve("ids"), clock, floor, node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts the replicas, reports what an earlier process left in its journal, then joins the
   * cluster.
   *
   * @throws IOException if the Raft port cannot be used
   */
  public void start() throws IOException {
    duties.start();
    sends.book().start();
    charges.book().start();
    replicas.start();
    Map<Long, Outcomes> left = journal.open();
    reporters.forEach(OutcomeReporter::start);
    left.forEach(
        (ticket, outcomes) -> {
          int shard = MessageId.of(outcomes.getOutcomes(0).getId()).shard();
          if (shard < reporters.size()) {
            reporters.get(shard).recover(ticket, outcomes);
          } else {
            journal.strike(ticket);
          }
        });
    Thread.ofVirtual().name("join").start(() -> join(left.isEmpty()));
  }

  /**
   * Outcomes of the last process go first: once this one joins, the claims of the last return to
   * the queue, and what it had delivered would be delivered again (I6). They wait for a term at
   * most, since the old lease lapses by then anyway.
   */
  private void join(boolean clean) {
    long deadline = System.nanoTime() + settings.cluster().leaseTerm().toNanos();
    try {
      while (!clean && !journal.open().isEmpty() && System.nanoTime() - deadline < 0) {
        TimeUnit.MILLISECONDS.sleep(10); // Polled: it happens once, at the start.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    lease.start();
    var _ =
        lease.first().thenRun(() -> documents.seed(settings.documentSeed(), settings.node().id()));
  }

  /** Completes once this node has joined the cluster and can accept mail. */
  public CompletableFuture<Void> joined() {
    return ids.thenAccept(source -> {});
  }

  @Override
  public Upload begin() throws QueueException {
    return open(Optional.empty());
  }

  @Override
  public Upload begin(RequestKey key) throws QueueException {
    return open(Optional.of(key));
  }

  @Override
  public Optional<MessageId> known(RequestKey key) throws QueueException {
    return uploads.known(key);
  }

  private Upload open(Optional<RequestKey> key) throws QueueException {
    if (!accepting) {
      throw new QueueException(Reason.STOPPING, "this node is stopping");
    }
    return uploads.open(key);
  }

  @Override
  public Charge charge(String account, Optional<String> senderDomain, int recipients)
      throws QueueException {
    return charges.take(account, senderDomain, recipients);
  }

  /**
   * Says how many claims of a zone this node wants to hold, those of limited domains not counted;
   * each shard gives up to its part.
   */
  public void wants(String zone, int claims) {
    int part = Math.ceilDiv(claims, intakes.size());
    intakes.forEach(intake -> intake.wants(zone, part));
  }

  /** Says that of a domain no more than so many claims are of use; each shard gives its part. */
  public void limits(String zone, String domain, int claims) {
    limit(domainLimit(zone, domain).setClaims(Math.ceilDiv(claims, intakes.size())));
  }

  /** Says that a domain is not limited any longer. */
  public void frees(String zone, String domain) {
    limit(domainLimit(zone, domain).setFree(true));
  }

  private static DomainLimit.Builder domainLimit(String zone, String domain) {
    return DomainLimit.newBuilder().setZone(zone).setDomain(domain);
  }

  private void limit(DomainLimit.Builder limit) {
    DomainLimit built = limit.build();
    intakes.forEach(intake -> intake.limits(built));
  }

  /** What a node does with the claims that it gets. */
  public interface Host extends DutyKeeper.Obeyer {
    /** What a delivery waits for on this node. Must not block. */
    CompletableFuture<Explained> explain(Explain question);
  }

  /** The node that leads a message's shard, where one is known. */
  public Optional<String> leader(MessageId id) {
    return replicas.groups().get(id.shard() + 1).leader();
  }

  /** What a delivery waits for on a node; completes exceptionally where it cannot be asked. */
  public CompletableFuture<Explained> explain(String node, Explain question) {
    return replicas.desk(node).explain(question);
  }

  /** The sends that this node has of each counter. */
  public SendBookThread sends() {
    return sends.book();
  }

  /** What is this node's to do; empty until it has read the first cluster document. */
  public Optional<Duties> duties() {
    return duties.current();
  }

  /**
   * Reports how an attempt ended. On return it is in the local journal; the shard has it some time
   * later.
   */
  public void report(long epoch, Outcome outcome) {
    int node = lease.first().join().node();
    int shard = MessageId.of(outcome.getId()).shard();
    reporters.get(shard).report(node, epoch, intakes.get(shard).named(outcome, epoch));
  }

  /** Claims that this node holds, until their outcomes are confirmed. */
  public int held() {
    return intakes.stream().mapToInt(ClaimIntake::held).sum();
  }

  /** Outcomes that the shards have not confirmed yet. */
  public int unconfirmedOutcomes() {
    return journal.open().size();
  }

  /** Whether this node may deliver under that epoch, by its own clock, with a margin (I5). */
  public boolean leaseAlive(long epoch) {
    return lease.alive(epoch);
  }

  /**
   * The content of an open message.
   *
   * @throws QueueException if there is no such open message here
   */
  public Content open(MessageId id) throws QueueException {
    if (id.shard() >= replicas.shards().size()) {
      throw new QueueException(Reason.UNKNOWN, "there is no shard " + id.shard());
    }
    Shard shard = replicas.shards().get(id.shard());
    StoredMessage message =
        shard
            .message(id)
            .orElseThrow(() -> new QueueException(Reason.UNKNOWN, "no open message " + id));
    return new Content(shard, id, message);
  }

  /** What the control group has agreed on, as applied here. */
  public ControlFold control() {
    return replicas.control();
  }

  /** The cluster document, its past versions and the way to the next one. */
  public Documents documents() {
    return documents;
  }

  /** Which zones are suspended, and the orders for that. */
  public Suspensions suspensions() {
    return new Suspensions(replicas.controlClient(), replicas.control());
  }

  /** The queue to look at. */
  public Inspection inspection() {
    return new Inspection(replicas, clock);
  }

  /** What happened to messages, and the stream of events. */
  public History history() {
    return new History(replicas, inspection());
  }

  /** How this node's part of the queue is doing. */
  public Vitals vitals() {
    return new Vitals(replicas);
  }

  /** Takes orders for single deliveries. */
  public Orders orders() {
    return new Orders(replicas, settings.queue().submitTimeout());
  }

  /** Exact counters by zone, over all shards. */
  public Map<String, Depth> zones() {
    return inspection().zones();
  }

  /** Exact counters of one zone and recipient domain, over all shards. */
  public Depth lane(String zone, String domain) {
    return replicas.shards().stream()
        .map(shard -> shard.lane(new Lane(zone, domain)))
        .reduce(Depth.ZERO, Depth::plus);
  }

  /** Every group as this node sees it. */
  public List<GroupState> groups() {
    return replicas.groups().stream()
        .map(
            group ->
                new GroupState(
                    group.name(),
                    group.leader(),
                    group.term(),
                    group.applied().index(),
                    group.committedIndex()))
        .toList();
  }

  /** Why mail cannot be accepted just now; empty where it can. */
  public Optional<String> unready() {
    if (!accepting) {
      return Optional.of("stopping");
    }
    if (!ids.isDone()) {
      return Optional.of("this node has not joined the cluster");
    }
    if (disk.full()) {
      return Optional.of("the disk is nearly full");
    }
    return replicas.groups().stream()
        .filter(group -> group.leader().isEmpty())
        .findFirst()
        .map(group -> "no leader of " + group.name() + " is known")
        .or(vitals()::behind);
  }

  /**
   * Takes the checksum of every replica of every group, each group's at one index of its log (I8).
   *
   * @throws QueueException if a group has no leader in time
   */
  public List<ReplicaChecksum> verifyState() throws QueueException {
    return new StateCheck(replicas, settings.cluster().peers().keySet()).take();
  }

  /** The view that {@link #control} holds now. */
  public ControlView cluster() {
    return replicas.control().current();
  }

  /** Refuses new uploads; those that have begun go on. */
  public void stopAccepting() {
    accepting = false;
  }

  /** Waits until the shards have confirmed every outcome; false where they did not in time. */
  public boolean awaitConfirmed(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (unconfirmedOutcomes() > 0) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(10); // Polled: it happens once, at the stop.
    }
    return true;
  }

  /** Hands every group that this node leads to another node, if one can take it in time. */
  public void handOverLeadership(Duration timeout) {
    charges.book().giveBack();
    replicas.handOverLeadership(timeout);
  }

  @Override
  public void close() {
    accepting = false;
    duties.close();
    sends.close();
    charges.close();
    lease.close();
    intakes.forEach(ClaimIntake::close);
    reporters.forEach(OutcomeReporter::close);
    replicas.close();
    try {
      journal.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the outcome journal", e);
    }
  }
}
