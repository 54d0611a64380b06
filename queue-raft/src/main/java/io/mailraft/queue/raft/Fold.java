package io.mailraft.queue.raft;

import io.mailraft.api.log.Entry;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import java.util.List;

/**
 * A state machine: entries in, rows and answers out. It reads no clock, no config and no random
 * source, so that replicas that applied the same entries hold the same rows (I8). Called by the
 * group's apply thread alone.
 */
public interface Fold {

  /** The column families that it keeps, beside those of its host. */
  List<Table> tables();

  /**
   * Forgets what it holds in memory and loads it from the store: at the start and after an
   * installed snapshot. What needs long is read beside this thread, from a frozen state; the store
   * closes that when it is closed.
   */
  void load(Store store);

  /**
   * Folds one entry into the batch.
   *
   * @return one answer for each record of the entry, in order
   * @throws FoldException if the entry cannot be understood or contradicts the state: the replica
   *     stops
   */
  List<Answer> apply(Entry entry, Position at, Batch batch);

  /**
   * The batch of the entry could not be written: nothing of it counts, and the replica stops.
   * Called in place of {@link #applied}, and only after {@link #apply} returned.
   */
  void abandoned();

  /** The batch of the entry has been written. Effects for the outside start here. */
  void applied(Position at);
}
