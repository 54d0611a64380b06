package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.View;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/** This node's replica of one Raft group. */
public interface Group {

  /** Name in logs, API and directories: {@code control} or {@code shard-N}. */
  String name();

  /**
   * Proposes a record. On the leader it joins the next entry (group commit); the future completes
   * once the entry is on disk on a majority and applied here.
   *
   * <p>Completes exceptionally with {@link NotLeaderException} where this node does not lead or
   * stops leading meanwhile (the record may then be applied or not), with {@link BusyException}
   * where too many bytes wait already.
   */
  CompletableFuture<Answer> propose(Record record);

  /** Whether this node leads and has applied everything that earlier leaders committed. */
  boolean leading();

  /** Node id of the leader, where known. */
  Optional<String> leader();

  /** Current Raft term. */
  long term();

  /** Last position applied here. */
  Position applied();

  /** Last index known here to be committed. */
  long committedIndex();

  /**
   * Completes once the index is applied here. Any number may wait; exceptionally when the replica
   * stops.
   */
  CompletableFuture<Position> awaitApplied(long index);

  /**
   * The applied state. Reads may run beside the apply thread and see each entry whole or not at
   * all, call by call.
   */
  View view();

  /**
   * Registers for changes of leadership; called on a thread of its own order, never concurrently.
   */
  void onLeadership(Listener listener);

  /**
   * Registers who takes the frozen state at each checksum record, with the record's token. Called
   * on the apply thread right after the record's entry; the taker closes the state.
   */
  void onChecksum(BiConsumer<Long, Store.Frozen> taker);

  /**
   * Stops this replica for good, as after an entry that cannot be applied: what was read of it is
   * not right.
   */
  void stop(Throwable reason);

  /** Hears of leadership. */
  interface Listener {
    /** This node leads, and has applied everything that was committed before. */
    void leading(long term);

    /** This node does not lead. The leader is named where known. */
    void following(Optional<String> leader);
  }
}
