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
import io.mailraft.queue.control.ControlView;
import io.mailraft.queue.raft.Fold;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.raft.NotLeaderException;
import io.mailraft.queue.store.DamagedException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** This node's replica of one queue shard, and its leader while this node leads it. */
public final class Shard implements Group.Listener, AutoCloseable {
  /** Detail of the refusal of a message whose idempotency key stands for another request. */
  public static final String OTHER_REQUEST = "the idempotency key was used for another request";

  private final int number;
  private final String self;
  private final ShardFold fold;
  private final ShardSettings settings;
  private final InstantSource clock;
  private final ControlFold control;
  private Optional<Group> group = Optional.empty();
  private Optional<ShardLeader> leader = Optional.empty();

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
    control.onChange(this::control);
  }

  private Group group() {
    return group.orElseThrow(() -> new IllegalStateException("the shard is not bound"));
  }

  private synchronized void control(ControlView view) {
    leader.ifPresent(current -> current.control(view));
  }

  @Override
  public synchronized void leading(long term) {
    leader.ifPresent(ShardLeader::close);
    ControlView view = control.current();
    int selfNumber = view.node(self).map(node -> node.number()).orElse(-1);
    ShardLeader next =
        new ShardLeader(group(), fold, settings, clock, selfNumber, control::appliedIndex, view);
    leader = Optional.of(next);
    next.start();
  }

  @Override
  public synchronized void following(Optional<String> leaderName) {
    leader.ifPresent(ShardLeader::close);
    leader = Optional.empty();
  }

  /**
   * Opens a node's claims here.
   *
   * @param wanted how many claims it wants to hold, by zone
   * @param limits the domains of which it can use only so many claims
   * @param holding the claims that it knows of
   * @return what closes the session, or changes what is wanted
   * @throws NotLeaderException if this node does not lead the shard
   */
  public synchronized Attached attach(
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
  public synchronized Optional<Reason> explain(MessageId id, int seq) {
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
    leader.ifPresent(ShardLeader::close);
    leader = Optional.empty();
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
