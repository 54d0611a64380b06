package io.mailraft.queue.raft;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.DamagedException;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.StoreException;
import io.mailraft.queue.store.StoreMemory;
import io.mailraft.queue.store.View;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Ratis meets a fold: applies committed entries to the replica's database, one after the
 * other, on Ratis' updater thread.
 *
 * <p>Ratis believes that the state after a restart is that of the newest snapshot and applies the
 * log from there. The database is usually further, so entries that it contains already are skipped.
 *
 * <p>An entry that cannot be applied ends the replica: the exception goes up through Ratis, whose
 * updater stops, this object remembers it, and takes no snapshot from then on, so that the log
 * before the entry stays.
 */
final class GroupStateMachine extends BaseStateMachine {
  private static final Logger LOG = LoggerFactory.getLogger(GroupStateMachine.class);
  private static final CompletableFuture<Message> DONE =
      CompletableFuture.completedFuture(Message.EMPTY);

  /** What an entry takes in the log beside its data, about. */
  private static final int ENTRY_OVERHEAD_BYTES = 64;

  /** Hears what happens to the replica. */
  interface Events {
    /** Leadership may have changed. */
    void leadershipChanged();

    /** This node stopped leading; what waits cannot be proposed. */
    void leadershipLost();

    /**
     * Enough was logged for a snapshot. Called once until that is answered, unless it is put off.
     *
     * @param logBytes what was logged since the last one
     * @return false to be asked again somewhat later
     */
    boolean snapshotDue(long logBytes);

    /** A checksum record was applied; the state is as it was at its entry, and is to be closed. */
    void checksum(long token, Store.Frozen state);

    /** The replica cannot go on. Called once. */
    void broken(Throwable reason);

    /** Ratis closed the replica. */
    void closed();
  }

  private final GroupSpec spec;
  private final RocksMemory memory;
  private final SnapshotSchedule snapshots;
  private final Events events;
  private final GroupStorage storage = new GroupStorage();
  private final Progress progress = new Progress();
  private final LogCounts counts = new LogCounts();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private volatile @Nullable ReplicaDatabase database;
  private volatile @Nullable LogMark mark;
  private long stampMillis;

  GroupStateMachine(GroupSpec spec, RocksMemory memory, long snapshotLogBytes, Events events) {
    this.spec = spec;
    this.memory = memory;
    this.snapshots = new SnapshotSchedule(snapshotLogBytes);
    this.events = events;
  }

  /** How far the replica is, and the place to wait for it. */
  Progress progress() {
    return progress;
  }

  /** The applied state. */
  View view() {
    return database();
  }

  /** What was applied since the start. */
  LogCounts counts() {
    return counts;
  }

  /** When the next snapshot is due. */
  SnapshotSchedule snapshots() {
    return snapshots;
  }

  /** Native memory of the database. */
  StoreMemory storeMemory() {
    ReplicaDatabase opened = database;
    return opened == null ? StoreMemory.NONE : opened.memory();
  }

  /** Whether the replica stopped for good. */
  boolean isBroken() {
    return broken.get() != null;
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage)
      throws IOException {
    super.initialize(server, group, raftStorage);
    getLifeCycle().transition(LifeCycle.State.STARTING);
    try {
      open(raftStorage);
    } catch (IOException | RuntimeException e) {
      // Ratis would keep its lock of the directory, and this process could not try again.
      raftStorage.close();
      throw e;
    }
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  private void open(RaftStorage raftStorage) throws IOException {
    VoteFile.install(raftStorage, this::breakDown);
    storage.init(raftStorage);
    LogMark marked = new LogMark(storage.root());
    LogCheck.check(
        raftStorage.getStorageDir().getCurrentDir().toPath(),
        marked.index(),
        snapshotAt().getIndex(),
        RaftSettings.APPEND_BYTES_MAX);
    mark = marked;
    ReplicaDatabase opened =
        new ReplicaDatabase(storage.root(), spec.fold().tables(), memory, this::breakDown);
    database = opened;
    opened.open();
    Optional<Path> snapshot = storage.directory();
    if (snapshot.isPresent() && opened.applied().index() < snapshotAt().getIndex()) {
      // A crash between the arrival of a snapshot and its installation, or while it was being
      // installed.
      opened.replaceBy(snapshot.get());
    } else {
      mendMissingSnapshot(opened);
    }
    loadFold();
  }

  /**
   * Takes a snapshot of the database where the log no longer reaches back to the one there is. It
   * can be lost in a crash while Ratis moves an installed one into its place; the database is at
   * least as new as what was lost.
   */
  private void mendMissingSnapshot(ReplicaDatabase opened) throws IOException {
    long logStart = storage.logStart().orElse(0L);
    if (logStart <= snapshotAt().getIndex() + 1) {
      return;
    }
    Position applied = opened.applied();
    if (applied.index() + 1 < logStart) {
      throw new DamagedException(
          storage.root(),
          "its log begins at entry "
              + logStart
              + ", its database ends at entry "
              + applied.index()
              + ", and there is no snapshot");
    }
    LOG.warn("the group {} has lost its snapshot, a new one is taken of its database", spec.name());
    storage.take(opened.store(), TermIndex.valueOf(applied.term(), applied.index()));
  }

  /** Index of the newest snapshot; that before the first entry where there is none. */
  private TermIndex snapshotAt() {
    SnapshotInfo latest = storage.getLatestSnapshot();
    return latest == null ? TermIndex.INITIAL_VALUE : latest.getTermIndex();
  }

  private void loadFold() {
    ReplicaDatabase opened = database();
    spec.fold().load(opened.store());
    Position applied = opened.applied();
    stampMillis = applied.stampMillis();
    snapshots.restart();
    TermIndex snapshot = snapshotAt();
    setLastAppliedTermIndex(snapshot);
    progress.advance(
        applied.index() >= snapshot.getIndex()
            ? applied
            : new Position(snapshot.getTerm(), snapshot.getIndex(), stampMillis));
    progress.tell();
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    TransactionContext.Builder context =
        TransactionContext.newBuilder().setStateMachine(this).setClientRequest(request);
    if (request.getMessage() instanceof ProposedEntry entry) {
      return context.setStateMachineContext(entry).build();
    }
    return context
        .build()
        .setException(new IOException("entries are proposed by the node itself, not by clients"));
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext context) {
    LogEntryProto logged = context.getLogEntry();
    Throwable before = broken.get();
    if (before != null) {
      throw new FoldException("the group " + spec.name() + " stopped before this entry", before);
    }
    try {
      apply(logged, context.getStateMachineContext());
    } catch (RuntimeException | Error e) {
      breakDown(e);
      throw e;
    }
    return DONE;
  }

  private void apply(LogEntryProto logged, @Nullable Object waiting) {
    ReplicaDatabase into = database();
    int logBytes = logged.getStateMachineLogEntry().getLogData().size() + ENTRY_OVERHEAD_BYTES;
    if (logged.getIndex() > into.store().applied().index()) {
      Entry entry = parse(logged);
      Position at =
          new Position(
              logged.getTerm(), logged.getIndex(), Math.max(stampMillis, entry.getStampMillis()));
      List<Answer> answers = write(logged, entry, at, into.store());
      stampMillis = at.stampMillis();
      counts.applied(logBytes);
      updateLastAppliedTermIndex(at.term(), at.index());
      progress.advance(at);
      spec.fold().applied(at);
      for (Record record : entry.getRecordsList()) {
        if (record.hasChecksum()) {
          events.checksum(record.getChecksum().getToken(), into.store().freeze());
        }
      }
      // Last, so that whoever proposed or waits finds everything else told already.
      if (waiting instanceof ProposedEntry proposed) {
        proposed.answer(answers);
      }
      progress.tell();
    } else {
      updateLastAppliedTermIndex(logged.getTerm(), logged.getIndex());
    }
    snapshots.logged(logBytes, events::snapshotDue);
  }

  private List<Answer> write(LogEntryProto logged, Entry entry, Position at, Store store) {
    Batch batch = store.begin();
    List<Answer> answers = spec.fold().apply(entry, at, batch);
    boolean written = false;
    try {
      if (answers.size() != entry.getRecordsCount()) {
        throw new FoldException(
            name(logged)
                + " has "
                + entry.getRecordsCount()
                + " records and got "
                + answers.size()
                + " answers");
      }
      store.commit(batch, at);
      written = true;
      return answers;
    } finally {
      if (!written) {
        spec.fold().abandoned();
      }
    }
  }

  private Entry parse(LogEntryProto logged) {
    byte[] data = logged.getStateMachineLogEntry().getLogData().toByteArray();
    Entry entry;
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(data).newCodedInput();
      // The array is this entry's own, so the bodies in it need no copy.
      in.enableAliasing(true);
      entry = Entry.parseFrom(in);
    } catch (IOException e) {
      throw new FoldException(name(logged) + " is not an entry: " + e.getMessage(), e);
    }
    for (Record record : entry.getRecordsList()) {
      if (record.getKindCase() == Record.KindCase.KIND_NOT_SET) {
        String kind =
            record.getUnknownFields().asMap().keySet().stream()
                .findFirst()
                .map(number -> "kind " + number)
                .orElse("no kind");
        throw new FoldException(
            name(logged)
                + " holds a record of "
                + kind
                + ", which this version does not know: a newer version of Mailraft is needed");
      }
    }
    return entry;
  }

  private String name(LogEntryProto logged) {
    return "entry "
        + logged.getIndex()
        + " (term "
        + logged.getTerm()
        + ") of the group "
        + spec.name();
  }

  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    super.notifyTermIndexUpdated(term, index);
    progress.advance(new Position(term, index, stampMillis));
    progress.tell();
  }

  @Override
  public long takeSnapshot() throws IOException {
    if (isBroken()) {
      throw new IOException("the group " + spec.name() + " is broken and takes no snapshot");
    }
    TermIndex at = getLastAppliedTermIndex();
    ReplicaDatabase of = database();
    if (of.store().applied().index() > at.getIndex()) {
      // Ratis is still catching up with the database after a restart; the index would be too small.
      return RaftLog.INVALID_LOG_INDEX;
    }
    try {
      storage.take(of.store(), at);
    } catch (IOException | StoreException e) {
      // Whatever could not be brought to disk once is not believed to be there the next time.
      if (getLifeCycleState() == LifeCycle.State.RUNNING) {
        breakDown(e);
      }
      throw new IOException(e);
    }
    snapshots.restart();
    return at.getIndex();
  }

  @Override
  public GroupStorage getStateMachineStorage() {
    return storage;
  }

  /** Called before an installed snapshot is moved into place. */
  @Override
  public void pause() {
    try {
      storage.syncReceived();
    } catch (IOException e) {
      throw new UncheckedIOException("the snapshot cannot be brought to disk", e);
    }
    if (getLifeCycleState() != LifeCycle.State.PAUSED) {
      getLifeCycle().transition(LifeCycle.State.PAUSING);
      getLifeCycle().transition(LifeCycle.State.PAUSED);
    }
  }

  /** Called on the updater thread once an installed snapshot is in place. */
  @Override
  public void reinitialize() throws IOException {
    getLifeCycle().transition(LifeCycle.State.STARTING);
    try {
      storage.load();
      Path snapshot =
          storage
              .directory()
              .orElseThrow(() -> new IOException("the installed snapshot is not whole"));
      database().replaceBy(snapshot);
      loadFold();
    } catch (IOException | RuntimeException e) {
      breakDown(e);
      throw e;
    }
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
    events.leadershipChanged();
  }

  @Override
  public void notifyLeaderReady() {
    events.leadershipChanged();
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    events.leadershipLost();
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
    breakDown(
        new StoreException(
            "the log of the group "
                + spec.name()
                + " in "
                + storage.root()
                + " cannot be written: "
                + deepest(cause)
                + "; check the disk",
            cause));
  }

  /** What the operating system said; Ratis wraps it several times. */
  private static String deepest(Throwable of) {
    Throwable last = of;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    return String.valueOf(last.getMessage());
  }

  @Override
  public void notifyServerShutdown(RoleInfoProto role, boolean allServer) {
    if (!allServer) {
      breakDown(
          new StoreException("the group " + spec.name() + " was told that this node is no member"));
    }
  }

  @Override
  public void close() {
    getLifeCycle().transitionIfValid(LifeCycle.State.CLOSING);
    getLifeCycle().transitionIfValid(LifeCycle.State.CLOSED);
    ReplicaDatabase opened = database;
    if (opened != null) {
      opened.close();
    }
    events.closed();
  }

  /** Notes that the log has reached a committed index on disk. */
  void mark(long index) throws IOException {
    LogMark in = mark;
    if (in != null && !isBroken()) {
      in.reached(index);
    }
  }

  /** Stops the replica for good; the first reason counts. */
  void breakDown(Throwable reason) {
    if (broken.compareAndSet(null, reason)) {
      LOG.error("the group {} cannot go on and stops", spec.name(), reason);
      progress.end(reason);
      events.broken(reason);
    }
  }

  /**
   * The database.
   *
   * @throws StoreException if it was not opened yet
   */
  ReplicaDatabase database() {
    ReplicaDatabase opened = database;
    if (opened == null) {
      throw new StoreException("the group " + spec.name() + " has not started");
    }
    return opened;
  }
}
