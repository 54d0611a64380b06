package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.api.log.Record;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.raft.BusyException;
import io.mailraft.queue.raft.Fold;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.raft.NotLeaderException;
import io.mailraft.queue.store.DamagedException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's replica of one queue shard, and its leader while this node leads it.
 *
 * <p>A leader that starts and a node that attaches wait for the entry that is being applied, under
 * this object's monitor. Where the disk stalls that takes long, so the monitor is taken on the
 * thread that tells of leadership and on the shard's own alone: never on one that applies another
 * group's log, reads another node's stream, or serves the timer, all of which renew leases.
 */
public final class Shard implements Group.Listener, AutoCloseable {
  /** Begins the detail of the refusal of a message some of whose chunks were collected. */
  public static final String CHUNKS_GONE = "chunks of the message are gone";

  private static final Logger log = LoggerFactory.getLogger(Shard.class);

  /** Detail of the refusal of a message whose idempotency key stands for another request. */
  public static final String OTHER_REQUEST = "the idempotency key was used for another request";

  /** Pause before a leader that could not start is started again. */
  private static final Duration RESTART = Duration.ofSeconds(1);

  /** Most nodes that wait to be attached: there are fewer, but each may ask more than once. */
  private static final int WAITING_MAX = 1024;

  private final int number;
  private final String self;
  private final ShardFold fold;
  private final ShardSettings settings;
  private final InstantSource clock;
  private final ControlFold control;
  private Optional<Group> group = Optional.empty();
  private volatile Optional<ShardLeader> leader = Optional.empty();

  /** The term in which this node leads, whether its leader has started or not. */
  private OptionalLong leads = OptionalLong.empty();

  private final ThreadPoolExecutor own;

  /**
   * @param number number of the shard, 0 to 255
   * @param self node id of this node
   * @param clock gives the time that due deliveries are compared with
   */
  public Shard(
      int number, String self, ShardSettings settings, InstantSource clock, ControlFold control) {
    this.number = number;
    this.self = self;
    this.fold = new ShardFold(number);
    this.settings = settings;
    this.clock = clock;
    this.control = control;
    this.own =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            Thread.ofVirtual().name("shard-" + number).factory());
  }

  public int number() {
    return number;
  }

  /** The state machine, for the group's host. */
  public Fold fold() {
    return fold;
  }

  /** Binds the replica to its group, before the group starts. */
  public synchronized void bind(Group group) {
    this.group = Optional.of(group);
    group.onLeadership(this);
    control.onChange(view -> leader.ifPresent(ShardLeader::leasesChanged));
  }

  private Group group() {
    return group.orElseThrow(() -> new IllegalStateException("the shard is not bound"));
  }

  @Override
  public synchronized void leading(long term) {
    leads = OptionalLong.of(term);
    lead();
  }

  /** A leader that is half started would take mail and hand out none: it starts whole or anew. */
  private void lead() {
    end();
    int selfNumber = control.current().node(self).map(node -> node.number()).orElse(-1);
    ShardLeader next =
        new ShardLeader(
            group(), fold, settings, clock, selfNumber, control::appliedIndex, control::current);
    try {
      next.start();
      leader = Optional.of(next);
    } catch (RuntimeException e) {
      log.error("shard {}: the leader could not start, it is tried again", number, e);
      next.close();
      long term = leads.orElseThrow();
      CompletableFuture.delayedExecutor(RESTART.toMillis(), TimeUnit.MILLISECONDS, own)
          .execute(() -> leadAgain(term));
    }
  }

  private synchronized void leadAgain(long term) {
    if (leads.equals(OptionalLong.of(term))) {
      lead();
    }
  }

  @Override
  public synchronized void following(Optional<String> leaderName) {
    leads = OptionalLong.empty();
    end();
  }

  private void end() {
    leader.ifPresent(ShardLeader::close);
    leader = Optional.empty();
  }

  /**
   * Opens a node's claims here.
   *
   * @param wanted how many claims it wants to hold, by zone
   * @param limits the domains of which it can use only so many claims
   * @param holding the claims that it knows of
   * @return what closes the session, or changes what is wanted. It completes on the shard's own
   *     thread, for one caller after the other; exceptionally with {@link NotLeaderException} if
   *     this node does not lead the shard, with {@link BusyException} if too many wait.
   */
  public CompletableFuture<Attached> attach(
      int node,
      long epoch,
      Map<String, Integer> wanted,
      List<DomainLimit> limits,
      List<DeliveryRef> holding,
      ClaimSession session) {
    CompletableFuture<Attached> attached = new CompletableFuture<>();
    try {
      own.execute(
          () -> {
            try {
              attached.complete(open(node, epoch, wanted, limits, holding, session));
            } catch (NotLeaderException | RuntimeException e) {
              attached.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      attached.completeExceptionally(
          own.isShutdown()
              ? new NotLeaderException(group().name(), Optional.empty())
              : new BusyException(WAITING_MAX + " nodes wait for " + group().name() + " already"));
    }
    return attached;
  }

  private synchronized Attached open(
      int node,
      long epoch,
      Map<String, Integer> wanted,
      List<DomainLimit> limits,
      List<DeliveryRef> holding,
      ClaimSession session)
      throws NotLeaderException {
    if (leader.isEmpty()) {
      throw new NotLeaderException(group().name(), group().leader());
    }
    ShardLeader current = leader.get();
    long ticket = current.attach(node, epoch, wanted, limits, holding, session);
    return new Attached() {
      @Override
      public void credit(Map<String, Integer> wantedNow, List<DomainLimit> changed) {
        current.credit(node, epoch, wantedNow, changed);
      }

      @Override
      public void close() {
        current.detach(node, ticket);
      }
    };
  }

  /**
   * What a queued delivery waits for, if this node leads the shard and it is more than its turn.
   */
  public Optional<Reason> explain(MessageId id, int seq) {
    return leader.flatMap(current -> current.explain(new DeliveryId(id, seq)));
  }

  /** A node's open claims on a shard. */
  public interface Attached extends AutoCloseable {
    /** Replaces how many claims the node wants to hold, by zone, and changes limits. */
    void credit(Map<String, Integer> wantedNow, List<DomainLimit> changed);

    @Override
    void close();
  }

  /**
   * What is stored under an idempotency key.
   *
   * @param id of the message
   * @param fingerprint of the request that brought it
   */
  public record KeyedMessage(MessageId id, ByteString fingerprint) {}

  /** What is stored under an idempotency key, as applied here. */
  public Optional<KeyedMessage> keyed(IdempotencyKey key) {
    return Keys.find(key, group().view())
        .map(known -> new KeyedMessage(new MessageId(known.stem(), number), known.fingerprint()));
  }

  /** An open message's facts, as applied here; empty once it has ended. */
  public Optional<StoredMessage> message(MessageId id) {
    return Messages.find(id, group().view());
  }

  /** A delivery, open or ended not long ago, as applied here. */
  public Optional<StoredDelivery> delivery(MessageId id, int seq) {
    return Deliveries.find(new DeliveryId(id, seq), group().view());
  }

  /**
   * A chunk of an open message's content.
   *
   * @param chunk from 0
   * @throws DamagedException if it is not what was accepted; the replica stops
   */
  public Optional<byte[]> body(MessageId id, int chunk) {
    return group()
        .view()
        .get(Rows.BODY, Rows.body(id, chunk))
        .map(
            row ->
                BodyRow.content(id, chunk, row)
                    .orElseThrow(
                        () ->
                            damaged(
                                "chunk " + chunk + " of message " + id + " has a wrong checksum")));
  }

  /**
   * Stops the replica because something in it is not what was accepted, and names it.
   *
   * @return what to throw
   */
  public DamagedException damaged(String how) {
    DamagedException found = new DamagedException("the replica of " + group().name(), how);
    group().stop(found);
    return found;
  }

  /** Exact counters by zone, as applied here. */
  public Map<String, Depth> zones() {
    return new TreeMap<>(fold.counters().zones());
  }

  /**
   * By zone, when the message of its oldest queued, claimed or deferred delivery began to come in,
   * or was to be sent, as applied here: Unix time in milliseconds, a little early. Zones without
   * any whose time has come are left out. Empty for a while after a start and an installed
   * snapshot, until deliveries are counted.
   */
  public Optional<Map<String, Long>> oldest() {
    return fold.ages().oldest();
  }

  /** Exact counters of one zone and domain, as applied here. */
  public Depth lane(Lane lane) {
    return fold.counters().lane(lane);
  }

  @Override
  public synchronized void close() {
    leads = OptionalLong.empty();
    end();
    own.shutdownNow();
  }

  /**
   * Checks the form of a record that a front door or a delivering node hands in.
   *
   * @throws IllegalArgumentException if it must not enter the log; the message says why
   */
  public static void check(Record record) {
    ProposalCheck.check(record);
  }
}
