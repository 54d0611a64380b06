package io.mailraft.queue.control;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.Record;
import io.mailraft.api.stored.StoredNode;
import io.mailraft.queue.quota.QuotaTable;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Fold;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import io.mailraft.queue.throttle.SlotTable;
import io.mailraft.queue.throttle.ThrottleClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The state machine of the control group: nodes with their leases, the cluster document, and which
 * zones are suspended.
 *
 * <p>A lease is a node's epoch: the log index of the join that gave it, so epochs only grow. It
 * ends with a lapse, which the leader proposes after the full term, or with the join of the node's
 * next process. Renewals change no row: their commit proves that the one who renewed was the
 * leader, and every node's clock does the rest (I5).
 */
public final class ControlFold implements Fold {
  static final Table NODE = new Table("node", Removal.ANY, false);

  /** Most nodes that may ever join: their number has two hex digits in message ids. */
  static final int NODES_MAX = 256;

  /** For how long a turn lasts, by the stamps of the log. */
  static final Duration TURN = Duration.ofSeconds(20);

  private static final byte[] FIRST = new byte[0];
  private static final byte[] END = {(byte) 0xff};

  private final Map<String, NodeEntry> nodes = new TreeMap<>();
  private final List<Consumer<ControlView>> listeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<Renewal>> renewalListeners = new CopyOnWriteArrayList<>();
  private final List<Renewal> renewed = new ArrayList<>();
  private final List<Consumer<GiveSends>> sendListeners = new CopyOnWriteArrayList<>();
  private final List<GiveSends> given = new ArrayList<>();
  private final ThrottleClock clock = new ThrottleClock(System::nanoTime);
  private final SlotTable slots = new SlotTable(clock);
  private final QuotaTable quotas = new QuotaTable();
  private final List<Consumer<GiveQuota>> quotaListeners = new CopyOnWriteArrayList<>();
  private final List<GiveQuota> quotaGiven = new ArrayList<>();
  private final DocumentFold documents = new DocumentFold();
  private final SuspensionFold suspensions = new SuspensionFold();
  private boolean changed;
  private volatile long appliedIndex = -1;
  private volatile ControlView current = new ControlView(-1, Map.of(), ClusterDocument.NONE);

  @Override
  public List<Table> tables() {
    return List.of(
        NODE,
        DocumentRow.TABLE,
        SlotTable.SLOTS,
        SlotTable.CLOCK,
        QuotaTable.QUOTAS,
        SuspensionFold.TABLE);
  }

  /** The state as applied here. */
  public ControlView current() {
    return current;
  }

  /**
   * Log index of the last entry that was applied since the start; -1 before the first. {@link
   * #current}, read afterwards, holds at least that.
   */
  public long appliedIndex() {
    return appliedIndex;
  }

  /**
   * Hears of every change, on the apply thread; must not block. Told at once of the state as it is.
   */
  public void onChange(Consumer<ControlView> listener) {
    listeners.add(listener);
    listener.accept(current);
  }

  /** Hears of every lease that was renewed or given, on the apply thread; must not block. */
  public void onRenewal(Consumer<Renewal> listener) {
    renewalListeners.add(listener);
  }

  /**
   * A lease that was renewed or given.
   *
   * @param lease whose
   * @param obeyedIndex log index up to which its node obeys what was agreed on; 0 where it says
   *     nothing
   */
  public record Renewal(LeaseRef lease, long obeyedIndex) {}

  /** Hears of every decision that gives sends, on the apply thread; must not block. */
  public void onSends(Consumer<GiveSends> listener) {
    sendListeners.add(listener);
  }

  /** Hears of every decision about quotas, on the apply thread; must not block. */
  public void onQuotas(Consumer<GiveQuota> listener) {
    quotaListeners.add(listener);
  }

  /** What was given of quotas. */
  public QuotaTable quotas() {
    return quotas;
  }

  /** The clock of rates, as this replica knows it. */
  public ThrottleClock clock() {
    return clock;
  }

  /** The slots of rates. */
  public SlotTable slots() {
    return slots;
  }

  @Override
  public void load(Store store) {
    nodes.clear();
    renewed.clear();
    given.clear();
    slots.load(store);
    quotaGiven.clear();
    quotas.load(store);
    store.scan(
        NODE,
        FIRST,
        END,
        (key, value) -> {
          try {
            StoredNode row = StoredNode.parseFrom(value);
            nodes.put(
                row.getName(),
                new NodeEntry(
                    row.getNumber(),
                    row.getName(),
                    row.getIncarnation(),
                    row.getEpoch(),
                    row.getAddresses()));
          } catch (InvalidProtocolBufferException e) {
            throw new FoldException("a node row cannot be read", e);
          }
          return true;
        });
    documents.load(store);
    suspensions.load(store);
    // Where a snapshot came in between, nobody knows at which index it changed: the next entry's is
    // a later one, by which everybody can say that he obeys.
    changed = appliedIndex >= 0;
    publish(current.index(), current.turn());
  }

  @Override
  public List<Answer> apply(Entry entry, Position at, Batch batch) {
    List<Answer> answers = new ArrayList<>(entry.getRecordsCount());
    for (Record record : entry.getRecordsList()) {
      answers.add(apply(record, at, batch));
    }
    return answers;
  }

  @Override
  public void applied(Position at) {
    for (Renewal renewal : renewed) {
      renewalListeners.forEach(listener -> listener.accept(renewal));
    }
    renewed.clear();
    for (GiveSends decision : given) {
      slots.applied(decision);
      sendListeners.forEach(listener -> listener.accept(decision));
    }
    given.clear();
    for (GiveQuota decision : quotaGiven) {
      quotaListeners.forEach(listener -> listener.accept(decision));
    }
    quotaGiven.clear();
    long turn = at.stampMillis() / TURN.toMillis();
    if (changed || turn != current.turn()) {
      changed = false;
      publish(at.index(), turn);
    }
    appliedIndex = at.index();
  }

  @Override
  public void abandoned() {
    renewed.clear();
    given.clear();
    quotaGiven.clear();
  }

  private void publish(long index, long turn) {
    ControlView view =
        new ControlView(
            index, Map.copyOf(nodes), documents.document(), suspensions.suspensions(), turn);
    current = view;
    listeners.forEach(listener -> listener.accept(view));
  }

  private Answer apply(Record record, Position at, Batch batch) {
    return switch (record.getKindCase()) {
      case JOIN_NODE -> join(record.getJoinNode(), at, batch);
      case RENEW -> {
        int alive = 0;
        for (LeaseRef lease : record.getRenew().getLeasesList()) {
          if (holder(lease).isPresent()) {
            renewed.add(new Renewal(lease, record.getRenew().getObeyedIndex()));
            alive++;
          }
        }
        yield alive == record.getRenew().getLeasesCount()
            ? new Answer.Accepted(at.index(), alive)
            : new Answer.Refused(at.index(), "the lease has lapsed");
      }
      case LAPSE -> {
        Optional<NodeEntry> holder = holder(record.getLapse().getLease());
        holder.ifPresent(node -> put(withEpoch(node, 0), batch));
        yield new Answer.Accepted(at.index(), holder.isPresent() ? 1 : 0);
      }
      case SET_DOCUMENT -> {
        changed = true;
        yield documents.set(record.getSetDocument(), at, batch);
      }
      case GIVE_SENDS -> {
        GiveSends valid =
            slots.apply(record.getGiveSends(), lease -> holder(lease).isPresent(), batch);
        given.add(valid);
        yield new Answer.Accepted(at.index(), valid.getGrantsCount());
      }
      case GIVE_QUOTA -> {
        GiveQuota valid = quotas.apply(record.getGiveQuota(), batch);
        quotaGiven.add(valid);
        yield new Answer.Accepted(at.index(), valid.getGrantsCount());
      }
      case SUSPEND_ZONE -> {
        changed = true;
        yield suspensions.suspend(record.getSuspendZone(), at, batch);
      }
      case RESUME_ZONE -> {
        changed = true;
        yield suspensions.resume(record.getResumeZone(), at, batch);
      }
      case CHECKSUM -> new Answer.Accepted(at.index(), 0);
      case STORE_MESSAGE,
          STORE_CHUNK,
          DROP_UPLOADS,
          CLAIM,
          OUTCOMES,
          RETURN_CLAIMS,
          RELEASE,
          FENCE,
          FORGET_KEYS,
          ORDER,
          REROUTE,
          TRIM_HISTORY ->
          throw new FoldException(
              "a record of a shard in the control group: " + record.getKindCase());
      case KIND_NOT_SET ->
          throw new FoldException(
              "a record of an unknown kind: this log was written by a newer version of mailraft");
    };
  }

  private Optional<NodeEntry> holder(LeaseRef lease) {
    return nodes.values().stream()
        .filter(node -> node.number() == lease.getNode())
        .filter(node -> node.live() && node.epoch() == lease.getEpoch())
        .findFirst();
  }

  private static NodeEntry withEpoch(NodeEntry node, long epoch) {
    return new NodeEntry(node.number(), node.name(), node.incarnation(), epoch, node.addresses());
  }

  /**
   * A repeated join of the same process gives the same epoch while it lives; the next process gets
   * a new one.
   */
  private Answer join(JoinNode record, Position at, Batch batch) {
    NodeEntry before = nodes.get(record.getName());
    if (before != null
        && before.live()
        && before.incarnation() == record.getIncarnation()
        && before.addresses().equals(record.getAddresses())) {
      // Whoever asked counts from this question on.
      renewed.add(new Renewal(ref(before.number(), before.epoch()), 0));
      return new Answer.Accepted(at.index(), before.epoch());
    }
    if (before == null && nodes.size() >= NODES_MAX) {
      return new Answer.Refused(at.index(), NODES_MAX + " nodes have joined, there can be no more");
    }
    int number = before == null ? nodes.size() : before.number();
    NodeEntry after =
        new NodeEntry(
            number, record.getName(), record.getIncarnation(), at.index(), record.getAddresses());
    put(after, batch);
    renewed.add(new Renewal(ref(number, at.index()), 0));
    return new Answer.Accepted(at.index(), at.index());
  }

  private static LeaseRef ref(int number, long epoch) {
    return LeaseRef.newBuilder().setNode(number).setEpoch(epoch).build();
  }

  private void put(NodeEntry node, Batch batch) {
    nodes.put(node.name(), node);
    changed = true;
    batch.put(
        NODE,
        node.name().getBytes(StandardCharsets.UTF_8),
        StoredNode.newBuilder()
            .setNumber(node.number())
            .setName(node.name())
            .setIncarnation(node.incarnation())
            .setEpoch(node.epoch())
            .setAddresses(node.addresses())
            .build()
            .toByteArray());
  }
}
