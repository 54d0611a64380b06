package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.StoreException;
import io.mailraft.queue.store.View;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One group on this node: joins its state machine, its proposer and its listeners to Ratis. */
final class GroupReplica implements Group, Proposer.Raft, GroupStateMachine.Events, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupReplica.class);

  /**
   * Time for which the request for a snapshot may wait for the apply thread, and the snapshot take.
   */
  private static final Duration SNAPSHOT = Duration.ofMinutes(10);

  /** Times the log that makes a snapshot due: so much, besides the state, others are waited for. */
  private static final int PUT_OFF_TIMES = 4;

  private final String name;
  private final RaftGroupId id;
  private final Consumer<Throwable> onBroken;
  private final long snapshotLogBytes;
  private final GroupStateMachine machine;
  private final Proposer proposer;
  private final Leadership leadership;
  private final Reclaim reclaim;
  private final Backlog backlog;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();
  private volatile @Nullable RaftServer server;
  private volatile RaftServer.@Nullable Division division;
  private volatile Optional<BiConsumer<Long, Store.Frozen>> checksumTaker = Optional.empty();
  private volatile ObjLongConsumer<String> commitWatch = (group, nanos) -> {};
  private final AtomicLong leaderChanges = new AtomicLong();
  private final AtomicReference<Leadership.State> lastLed;
  private volatile boolean closing;

  GroupReplica(
      GroupSpec spec,
      RaftGroupId id,
      HostSettings settings,
      RocksMemory memory,
      Backlog.Room room,
      Consumer<Throwable> onBroken) {
    this.name = spec.name();
    this.id = id;
    this.onBroken = onBroken;
    this.lastLed = new AtomicReference<>(new Leadership.State(false, 0, Optional.empty()));
    this.leadership = new Leadership(name, () -> new Leadership.State(leading(), term(), leader()));
    this.proposer =
        new Proposer(name, this, new GroupTime(settings.clock(), () -> applied().stampMillis()));
    this.snapshotLogBytes = settings.snapshotLogBytes();
    this.machine = new GroupStateMachine(spec, memory, settings.snapshotLogBytes(), this);
    this.reclaim = new Reclaim(name, machine, this::snapshotForSpace);
    this.backlog = new Backlog(name, machine.progress(), room);
  }

  /** The group runs on the server. */
  void started(RaftServer on) throws IOException {
    server = on;
    division = on.getDivision(id);
    proposer.start();
    leadership.changed();
  }

  RaftGroupId id() {
    return id;
  }

  GroupStateMachine machine() {
    return machine;
  }

  Backlog backlog() {
    return backlog;
  }

  Optional<RaftServer.Division> division() {
    return Optional.ofNullable(division);
  }

  /** Who hears how long each entry took that this node made, in nanoseconds. */
  void onCommitted(ObjLongConsumer<String> watch) {
    commitWatch = watch;
  }

  /** How it is doing. */
  GroupVitals vitals() {
    RaftServer.Division is = division;
    GroupStorage storage = machine.getStateMachineStorage();
    return new GroupVitals(
        name,
        leading(),
        term(),
        leaderChanges.get(),
        lag(),
        machine.counts().entries(),
        machine.counts().bytes(),
        is == null ? 0 : LogCounts.length(is),
        storage.logBytes(),
        is == null ? 0 : LogCounts.fsyncs(is.getMemberId()),
        storage.facts(),
        machine.storeMemory());
  }

  /** Entries that any node is known here to have committed, and that are not applied here. */
  long lag() {
    RaftServer.Division is = division;
    if (is == null) {
      return 0;
    }
    long committed = is.getRaftLog().getLastCommittedIndex();
    for (CommitInfoProto info : is.getCommitInfos()) {
      committed = Math.max(committed, info.getCommitIndex());
    }
    return Math.max(0, committed - applied().index());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public CompletableFuture<Answer> propose(Record record) {
    return proposer.propose(record);
  }

  @Override
  public boolean leading() {
    RaftServer.Division is = division;
    return is != null
        && !closing
        && !machine.isBroken()
        && is.getInfo().isLeader()
        && is.getInfo().isLeaderReady();
  }

  @Override
  public Optional<String> leader() {
    return division().map(is -> is.getInfo().getLeaderId()).map(Object::toString);
  }

  @Override
  public long term() {
    return division().map(is -> is.getInfo().getCurrentTerm()).orElse(0L);
  }

  @Override
  public Position applied() {
    return machine.progress().applied();
  }

  @Override
  public long committedIndex() {
    return division().map(is -> is.getRaftLog().getLastCommittedIndex()).orElse(-1L);
  }

  @Override
  public CompletableFuture<Position> awaitApplied(long index) {
    return machine.progress().await(index);
  }

  @Override
  public View view() {
    return machine.view();
  }

  @Override
  public void stop(Throwable reason) {
    machine.breakDown(reason);
  }

  /**
   * Notes how far the log has come.
   *
   * @throws IOException if that cannot be written
   */
  void mark() throws IOException {
    RaftServer.Division is = division;
    if (is != null) {
      long durable = is.getRaftLog().getFlushIndex();
      long committed = is.getRaftLog().getLastCommittedIndex();
      // Behind an installed snapshot these two move before it is brought to disk.
      machine.mark(Math.min(applied().index(), Math.min(durable, committed)));
    }
  }

  @Override
  public void onLeadership(Listener listener) {
    leadership.register(listener);
  }

  @Override
  public void accompany(Companion companion) {
    proposer.accompany(companion);
  }

  @Override
  public void onChecksum(BiConsumer<Long, Store.Frozen> taker) {
    checksumTaker = Optional.of(taker);
  }

  @Override
  public void checksum(long token, Store.Frozen state) {
    checksumTaker.ifPresentOrElse(taker -> taker.accept(token, state), state::close);
  }

  @Override
  public NotLeaderException notLeader() {
    return new NotLeaderException(name, leading() ? Optional.empty() : leader());
  }

  @Override
  public CompletableFuture<@Nullable Void> submit(ProposedEntry entry) {
    RaftServer on = server;
    if (on == null) {
      return CompletableFuture.failedFuture(notLeader());
    }
    long beganNanos = System.nanoTime();
    try {
      return on.submitClientRequestAsync(
              RaftClientRequest.newBuilder()
                  .setClientId(client)
                  .setServerId(on.getId())
                  .setGroupId(id)
                  .setCallId(calls.incrementAndGet())
                  .setMessage(entry)
                  .setType(RaftClientRequest.writeRequestType())
                  .build())
          .handle((reply, thrown) -> outcome(reply, thrown, beganNanos));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(refusal(e));
    }
  }

  private @Nullable Void outcome(
      @Nullable RaftClientReply reply, @Nullable Throwable thrown, long beganNanos) {
    if (thrown != null) {
      throw new CompletionException(refusal(thrown));
    }
    if (reply != null && !reply.isSuccess()) {
      throw new CompletionException(refusal(reply.getException()));
    }
    commitWatch.accept(name, System.nanoTime() - beganNanos);
    return null;
  }

  /**
   * Raft refuses where it does not lead, is about to stop leading, or is closing: all mean the same
   * to the caller.
   */
  private Exception refusal(@Nullable Throwable reason) {
    LOG.debug("the group {} did not take an entry", name, reason);
    if (reason instanceof ResourceUnavailableException) {
      return new BusyException("the log of the group " + name + " takes no more for now");
    }
    return notLeader();
  }

  @Override
  public void leadershipChanged() {
    Leadership.State seen = new Leadership.State(false, term(), leader());
    if (seen.leader().isPresent() && !lastLed.getAndSet(seen).equals(seen)) {
      leaderChanges.incrementAndGet();
    }
    leadership.changed();
  }

  @Override
  public void leadershipLost() {
    proposer.leadershipLost();
    leadership.changed();
  }

  @Override
  public boolean snapshotDue(long logBytes) {
    RaftServer.Division is = division;
    if (is != null && isNeededByOthers(is) && logBytes < putOffBytes()) {
      return false;
    }
    startSnapshot();
    return true;
  }

  /** Beyond so much log, to bring a new snapshot costs a follower less. Looks at the disk. */
  private long putOffBytes() {
    return PUT_OFF_TIMES * snapshotLogBytes + machine.getStateMachineStorage().snapshotBytes();
  }

  /** A minute has passed. */
  void minutePassed() {
    reclaim.minutePassed();
  }

  /** Takes a snapshot that lets disk space go, unless others need the one there is. */
  private void snapshotForSpace() {
    RaftServer.Division is = division;
    if (is != null && !isNeededByOthers(is) && machine.snapshots().begin()) {
      startSnapshot();
    }
  }

  /**
   * On a thread of its own: a flush takes its time, in which entries are applied, and the request
   * takes a lock of the server. No virtual one: the flush would hold on to its carrier.
   */
  private void startSnapshot() {
    Thread.ofPlatform().daemon().name("snapshot-" + name).start(this::requestSnapshot);
  }

  /** Whether a follower still reads the newest snapshot, or the log behind it. */
  private boolean isNeededByOthers(RaftServer.Division is) {
    return machine.getStateMachineStorage().isRead()
        || Laggards.any(
            is.getInfo().getRoleInfoProto(),
            is.getCommitInfos(),
            applied().index() - RaftSettings.KEPT_ENTRIES);
  }

  private void requestSnapshot() {
    RaftServer on = server;
    if (on == null) {
      machine.snapshots().answered();
      return;
    }
    try {
      // Most of what the snapshot will hold; nothing is applied while it is taken itself.
      machine.database().flush();
    } catch (StoreException e) {
      LOG.warn("no snapshot of the group {} is taken: {}", name, e.getMessage());
      machine.snapshots().answered();
      return;
    } catch (RuntimeException e) {
      LOG.error("no snapshot of the group {} is taken", name, e);
      machine.snapshots().answered();
      return;
    }
    CompletableFuture<RaftClientReply> taken =
        on.snapshotManagementAsync(
            SnapshotManagementRequest.newCreate(
                client, on.getId(), id, calls.incrementAndGet(), SNAPSHOT.toMillis(), 1));
    CompletableFuture<RaftClientReply> _ =
        taken.whenComplete((_, _) -> machine.snapshots().answered());
  }

  @Override
  public void broken(Throwable reason) {
    proposer.end(notLeader());
    leadership.changed();
    onBroken.accept(reason);
  }

  @Override
  public void closed() {
    if (!closing) {
      broken(
          new IllegalStateException(
              "the group " + name + " was closed after an error; the log says which"));
    }
  }

  /** Takes no more proposals, and refuses those that wait. */
  void stopProposing() {
    closing = true;
    proposer.close();
  }

  @Override
  public void close() {
    stopProposing();
    machine.close();
    machine.progress().end(notLeader());
    leadership.changed();
    leadership.close();
  }
}
