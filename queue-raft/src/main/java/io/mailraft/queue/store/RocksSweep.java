package io.mailraft.queue.store;

import java.util.Collection;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.TableProperties;

/**
 * Rewrites the tables of a database of which much was removed, as a whole.
 *
 * <p>RocksDB does so by and by as more is written. Where nothing is, what was removed would keep
 * its space for ever. A table is rewritten only once a fifth of its rows is gone, so that what is
 * written for that is at most a few times what was removed, however large the table is.
 */
final class RocksSweep implements AutoCloseable {
  private static final int PART_MIN = 5;

  private final RocksDB database;
  private final List<ColumnFamilyHandle> handles;
  private final CompactRangeOptions options;
  private boolean closed;

  RocksSweep(RocksDB database, List<ColumnFamilyHandle> handles) {
    this.database = database;
    this.handles = handles;
    this.options = new CompactRangeOptions().setExclusiveManualCompaction(false).setCanceled(false);
  }

  /** Does it, which takes as long as reading and writing such tables; says how many there were. */
  int run() throws RocksDBException {
    int swept = 0;
    for (ColumnFamilyHandle handle : handles) {
      if (due(database.getPropertiesOfAllTables(handle).values())) {
        try {
          database.compactRange(handle, null, null, options);
          swept++;
        } catch (RocksDBException e) {
          if (cancelled(e)) {
            return swept;
          }
          throw e;
        }
      }
    }
    return swept;
  }

  private static boolean due(Collection<TableProperties> files) {
    long removals = files.stream().mapToLong(TableProperties::getNumDeletions).sum();
    long puts = files.stream().mapToLong(TableProperties::getNumEntries).sum() - removals;
    return removals > 0 && removals >= puts / PART_MIN;
  }

  private static boolean cancelled(RocksDBException e) {
    Status status = e.getStatus();
    return status != null && status.getCode() == Status.Code.Incomplete;
  }

  /** Ends the run that is under way, and all later ones. For any thread. */
  synchronized void cancel() {
    if (!closed) {
      options.setCanceled(true);
    }
  }

  /** To be called while nothing runs. */
  @Override
  public synchronized void close() {
    closed = true;
    options.close();
  }
}
