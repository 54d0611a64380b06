package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.View;
import java.util.List;
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

  /** Registers who may add to entries that this node makes; the last one registered counts. */
  void accompany(Companion companion);

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

  /**
   * Adds records to an entry that is being made, because of what is in it: so a message and its
   * claims need one entry and not two.
   */
  @FunctionalInterface
  interface Companion {
    /** Adds nothing. */
    Companion NONE = records -> List.of();

    /**
     * Called on the thread that makes the entry, which waits for it: it must not block. What it
     * adds is applied after the records that it saw.
     */
    List<Added> join(List<Record> records);
  }

  /**
   * A record that joins an entry.
   *
   * @param answer completed as that of {@link #propose} is
   */
  record Added(Record record, CompletableFuture<Answer> answer) {}

  /** Hears of leadership. */
  interface Listener {
    /** This node leads, and has applied everything that was committed before. */
    void leading(long term);

    /** This node does not lead. The leader is named where known. */
    void following(Optional<String> leader);
  }
}
