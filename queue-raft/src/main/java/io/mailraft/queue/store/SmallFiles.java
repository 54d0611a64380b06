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
 * <p>Files are merged with such as are about as large, and never once they are not small, so that
 * each row is rewritten a few times only. What a file has in blob files counts as a part of it:
 * RocksDB may copy that too.
 */
final class SmallFiles {
  private static final Logger LOG = LoggerFactory.getLogger(SmallFiles.class);

  /** Files that are merged at least: fewer are left until there are more. */
  private static final int NEIGHBOURS_MIN = 8;

  /** Bytes that are merged at a time, about, so that closing need not wait long. */
  private static final long MERGE_BYTES = 2 * RocksOptions.TABLE_FILE_BYTES;

  /** A file with this many bytes is not small: so the fewest that are merged always fit. */
  private static final long SMALL_BYTES = MERGE_BYTES / NEIGHBOURS_MIN;

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
        double withBlobs = withBlobs(handle);
        for (LevelMetaData level : database.getColumnFamilyMetaData(handle).levels()) {
          // Files of level 0 overlap, or are about to be moved.
          if (level.level() > 0) {
            for (List<SstFileMetaData> neighbours : neighbours(level.files(), withBlobs)) {
              merge(handle, level.level(), neighbours, options, withBlobs);
            }
          }
        }
      }
    }
  }

  /** What a table's files have with their share of its blob files, of what they have themselves. */
  private double withBlobs(ColumnFamilyHandle handle) throws RocksDBException {
    long files = database.getLongProperty(handle, "rocksdb.total-sst-files-size");
    long blobs = database.getLongProperty(handle, "rocksdb.total-blob-file-size");
    return 1 + (double) blobs / Math.max(1, files);
  }

  private void merge(
      ColumnFamilyHandle handle,
      int level,
      List<SstFileMetaData> neighbours,
      CompactionOptions options,
      double withBlobs)
      throws RocksDBException {
    double bytes = bytes(neighbours) * withBlobs;
    if (closing.getAsBoolean()
        || directory.toFile().getUsableSpace() < bytes + RocksSweep.FREE_BYTES_MIN) {
      return;
    }
    List<String> names = neighbours.stream().map(SstFileMetaData::fileName).toList();
    try {
      database.compactFiles(options, handle, names, level, -1, null);
    } catch (RocksDBException e) {
      if (!RocksSweep.harmless(e) && !gone(e)) {
        throw e;
      }
      LOG.debug("{} files of {} were not merged: {}", names.size(), directory, e.getMessage());
    }
  }

  /** RocksDB itself has merged one of them meanwhile. */
  private static boolean gone(RocksDBException e) {
    return e.getStatus() != null && e.getStatus().getCode() == Status.Code.InvalidArgument;
  }

  /** Small files side by side, of a level's files in the order of their keys. */
  private static List<List<SstFileMetaData>> neighbours(
      List<SstFileMetaData> files, double withBlobs) {
    List<List<SstFileMetaData>> found = new ArrayList<>();
    List<SstFileMetaData> run = new ArrayList<>();
    double bytes = 0;
    for (SstFileMetaData file : files) {
      double own = file.size() * withBlobs;
      boolean joins = own < SMALL_BYTES && !file.beingCompacted();
      if (!joins || bytes >= MERGE_BYTES) {
        found.add(run);
        run = new ArrayList<>();
        bytes = 0;
      }
      if (joins) {
        run.add(file);
        bytes += own;
      }
    }
    found.add(run);
    found.forEach(SmallFiles::withoutLarger);
    found.removeIf(neighbours -> neighbours.size() < NEIGHBOURS_MIN);
    return found;
  }

  /**
   * Leaves out files before the others that are larger than all after them: they would be rewritten
   * for each few that come.
   */
  private static void withoutLarger(List<SstFileMetaData> run) {
    while (!run.isEmpty() && 2 * run.getFirst().size() > bytes(run)) {
      run.removeFirst();
    }
  }

  private static long bytes(List<SstFileMetaData> files) {
    return files.stream().mapToLong(SstFileMetaData::size).sum();
  }
}
