/**
 * The database of a group's replica: tables of rows that are written entry by entry.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.queue.store.Store} holds what a fold writes, in RocksDB ({@link
 * io.mailraft.queue.store.RocksStore}). Tests have one in memory beside it, of the same contract.
 *
 * <h2>Invariants</h2>
 *
 * A batch is applied whole or not at all, together with the position of its entry (I8). The
 * database has no log of its own: the Raft log is the log, and after a crash the database stands at
 * some earlier position.
 *
 * <p>What RocksDB leaves alone is kept up by the clock: {@link io.mailraft.queue.store.RocksSweep}
 * rewrites tables of which most was removed, {@link io.mailraft.queue.store.SmallFiles} merges the
 * files that flushes leave of rows in the order of their keys.
 *
 * <h2>Threads</h2>
 *
 * One thread writes. One keeps up. Any number read, also while the store is being closed: they are
 * then refused.
 *
 * <h2>Failure</h2>
 *
 * Everything that goes wrong with a database is a {@link io.mailraft.queue.store.StoreException}
 * that names the directory and what to do; the replica stops. Checksums are verified on every read
 * of a file.
 *
 * <h2>Security</h2>
 *
 * Bodies of messages lie in the files unencrypted; they are protected by the permissions of the
 * data directory alone.
 *
 * <h2>Known limits</h2>
 *
 * A key of a table with single deletes must not be put over a standing row. RocksDB does not
 * notice; the tests' store in memory does, which is why folds are tested on it too. A visitor of a
 * scan must not close the store or the frozen state that it scans. Background threads of RocksDB
 * belong to the process, so their number is set for all databases in it.
 */
@NullMarked
package io.mailraft.queue.store;

import org.jspecify.annotations.NullMarked;
