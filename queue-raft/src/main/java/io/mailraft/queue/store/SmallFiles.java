package io.mailraft.queue.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactionOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.LevelMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileMetaData;
import org.rocksdb.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges small files of a table that lie side by side.
 *
 * <p>Each flush makes a file for each table that was written. RocksDB merges files where their keys
 * overlap. Those of rows that come in the order of their keys, as all do whose keys begin with a
 * time, never overlap, and are moved to the last level as they are: flushed every five minutes and
 * kept for a week, a table would lie in two thousand files, each to be opened, linked by every
 * snapshot and sent to whoever fetches the state.
 *
 * <p>A file that is not small is never rewritten, so each row is so a few times only.
 */
final class SmallFiles {
  private static final Logger LOG = LoggerFactory.getLogger(SmallFiles.class);

  /** Files that are merged at least: fewer are left until there are more. */
  private static final int NEIGHBOURS_MIN = 8;

  /** A file with this many bytes is not small. */
  private static final long SMALL_BYTES = RocksOptions.TABLE_FILE_BYTES / 2;

  /** Bytes that are merged at a time, about, so that closing need not wait long. */
  private static final long MERGE_BYTES = 2 * RocksOptions.TABLE_FILE_BYTES;

  private final RocksDB database;
  private final Path directory;
  private final List<ColumnFamilyHandle> handles;
  private final BooleanSupplier closing;

  /**
   * @param directory where the database is
   * @param closing whether to end early
   */
  SmallFiles(
      RocksDB database, Path directory, List<ColumnFamilyHandle> handles, BooleanSupplier closing) {
    this.database = database;
    this.directory = directory;
    this.handles = handles;
    this.closing = closing;
  }

  /**
   * Does it for all tables. One thread at a time.
   *
   * @throws RocksDBException if a file cannot be read, or a disk that has space cannot be written
   */
  void merge() throws RocksDBException {
    try (CompactionOptions options = new CompactionOptions()) {
      options
          .setCompression(CompressionType.DISABLE_COMPRESSION_OPTION) // That of the table.
          .setOutputFileSizeLimit(RocksOptions.TABLE_FILE_BYTES);
      for (ColumnFamilyHandle handle : handles) {
        for (LevelMetaData level : database.getColumnFamilyMetaData(handle).levels()) {
          // Files of level 0 overlap, or are about to be moved.
          if (level.level() > 0) {
            merge(handle, level, options);
          }
        }
      }
    }
  }

  private void merge(ColumnFamilyHandle handle, LevelMetaData level, CompactionOptions options)
      throws RocksDBException {
    for (List<SstFileMetaData> neighbours : neighbours(level.files())) {
      long bytes = neighbours.stream().mapToLong(SstFileMetaData::size).sum();
      if (closing.getAsBoolean()
          || directory.toFile().getUsableSpace() < bytes + RocksSweep.FREE_BYTES_MIN) {
        return;
      }
      List<String> names = neighbours.stream().map(SstFileMetaData::fileName).toList();
      try {
        database.compactFiles(options, handle, names, level.level(), -1, null);
      } catch (RocksDBException e) {
        if (!RocksSweep.harmless(e) && !gone(e)) {
          throw e;
        }
        LOG.debug("{} files of {} were not merged: {}", names.size(), directory, e.getMessage());
      }
    }
  }

  /** RocksDB itself has merged one of them meanwhile. */
  private static boolean gone(RocksDBException e) {
    return e.getStatus() != null && e.getStatus().getCode() == Status.Code.InvalidArgument;
  }

  /** Small files side by side, of a level's files in the order of their keys. */
  private static List<List<SstFileMetaData>> neighbours(List<SstFileMetaData> files) {
    List<List<SstFileMetaData>> found = new ArrayList<>();
    List<SstFileMetaData> run = new ArrayList<>();
    long bytes = 0;
    for (SstFileMetaData file : files) {
      boolean joins = file.size() < SMALL_BYTES && !file.beingCompacted();
      if (!joins || bytes >= MERGE_BYTES) {
        found.add(run);
        run = new ArrayList<>();
        bytes = 0;
      }
      if (joins) {
        run.add(file);
        bytes += file.size();
      }
    }
    found.add(run);
    found.removeIf(neighbours -> neighbours.size() < NEIGHBOURS_MIN);
    return found;
  }
}
