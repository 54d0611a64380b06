package io.mailraft.queue.store;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.TableProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewrites the tables of a database of which most was removed, as a whole.
 *
 * <p>RocksDB does so by and by as more is written. Where nothing is, what was removed would keep
 * its space for ever. A table is rewritten only once two thirds of its rows are gone, so that there
 * is less to write than was removed, and only where there is space for it: what is rewritten may be
 * kept by a snapshot as well.
 */
final class RocksSweep implements AutoCloseable {
  /** What is done to the files of a database beside all else. */
  interface Task {
    void run() throws RocksDBException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(RocksSweep.class);

  /** A smaller table is not worth it: before each one all tables are flushed. */
  private static final long BYTES_MIN = 16L << 20;

  /** What is left free in any case. */
  static final long FREE_BYTES_MIN = 64L << 20;

  private final RocksDB database;
  private final Path directory;
  private final List<Table> tables;
  private final List<ColumnFamilyHandle> handles;
  private final CompactRangeOptions options;
  private boolean closed;

  /**
   * @param directory where the database is
   * @param handles those of its families, of which the first has no table
   */
  RocksSweep(
      RocksDB database, Path directory, List<Table> tables, List<ColumnFamilyHandle> handles) {
    this.database = database;
    this.directory = directory;
    this.tables = tables;
    this.handles = handles;
    this.options = new CompactRangeOptions().setExclusiveManualCompaction(false).setCanceled(false);
  }

  /**
   * Does it, which takes as long as reading and writing such tables.
   *
   * @throws RocksDBException if a file cannot be read, or a disk that has space cannot be written
   */
  void run() throws RocksDBException {
    for (int i = 0; i < tables.size(); i++) {
      if (tables.get(i).queue()) {
        // RocksDB compacts those at once.
        continue;
      }
      ColumnFamilyHandle handle = handles.get(i + 1);
      long bytes = bytes(handle, "total-sst-files-size") + bytes(handle, "total-blob-file-size");
      Collection<TableProperties> files = database.getPropertiesOfAllTables(handle).values();
      long removals = files.stream().mapToLong(TableProperties::getNumDeletions).sum();
      long puts = files.stream().mapToLong(TableProperties::getNumEntries).sum() - removals;
      if (bytes < BYTES_MIN || 3 * removals < 2 * puts) {
        continue;
      }
      long left = bytes * Math.max(0, puts - removals) / Math.max(1, puts);
      if (directory.toFile().getUsableSpace() < left + FREE_BYTES_MIN) {
        LOG.info("{} has no space to rewrite the table {}", directory, tables.get(i).name());
      } else if (!rewritten(handle)) {
        return;
      }
    }
  }

  private long bytes(ColumnFamilyHandle handle, String of) throws RocksDBException {
    return database.getLongProperty(handle, "rocksdb." + of);
  }

  /** Whether there is reason to go on. */
  private boolean rewritten(ColumnFamilyHandle handle) throws RocksDBException {
    try {
      database.compactRange(handle, null, null, options);
      return true;
    } catch (RocksDBException e) {
      if (!harmless(e)) {
        throw e;
      }
      LOG.info("the sweep of {} has ended early: {}", directory, e.getMessage());
      return false;
    }
  }

  /** Closing, or a disk that has filled meanwhile: what was there is there. */
  static boolean harmless(RocksDBException e) {
    Status status = e.getStatus();
    if (status == null) {
      return false;
    }
    return switch (status.getCode()) {
      // A compaction that is too large for the disk has no code of its own in Java.
      case Incomplete, Aborted, Undefined -> true;
      default -> status.getSubCode() == Status.SubCode.NoSpace;
    };
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
