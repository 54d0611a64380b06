package io.mailraft.queue.store;

import java.nio.file.Path;

/**
 * The database of one group's replica. Writing is for one thread, reading for any.
 *
 * <p>It has no log of its own: after a crash it stands at some earlier {@link #applied()} position,
 * whole, and the Raft log is applied from there.
 */
public interface Store extends View, AutoCloseable {

  /** Position of the last entry that the state contains. */
  Position applied();

  /** Opens the one batch that may be open at a time. */
  Batch begin();

  /**
   * Writes a batch and moves the applied position, in one step.
   *
   * @throws StoreException if that did not work; the replica must stop then
   */
  void commit(Batch batch, Position position);

  /** A state that later writes do not change. To be closed soon: it keeps old files alive. */
  Frozen freeze();

  /**
   * Writes everything to disk and makes a directory that holds a copy of the state (hard links
   * where possible).
   *
   * @param directory must not exist; its parent must
   * @return the position of the copy
   * @throws StoreException if that did not work; the directory is then gone
   */
  Position checkpoint(Path directory);

  @Override
  void close();

  /** A frozen state. */
  interface Frozen extends View, AutoCloseable {
    /** Position of the last entry that the state contains. */
    Position applied();

    @Override
    void close();
  }
}
