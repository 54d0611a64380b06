package io.mailraft.queue.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.TablePropertiesCollectorFactory;

/**
 * The settings of one database, and the native objects that hold them. To be closed after the
 * database.
 *
 * <p>What a queue asks of an LSM decides them. Rows live briefly, so write buffers are as large as
 * the node's budget allows, and in the tables that are queues a file in which many rows were
 * removed is compacted at once, so that no scan has to step over what is gone.
 */
final class RocksOptions implements AutoCloseable {
  /** A value of at least this size goes to a blob file, in a table that has them. */
  static final long BLOB_BYTES_MIN = 4 << 10;

  private static final long BLOB_FILE_BYTES = 64L << 20;

  /** Size of the files that compaction makes. */
  static final long TABLE_FILE_BYTES = 16L << 20;

  private static final long WRITE_BUFFER_BYTES_MIN = 1L << 20;
  private static final long WRITE_BUFFER_BYTES_MAX = 64L << 20;

  /** Small, so that a table that is hardly written takes hardly any of the budget. */
  private static final long ARENA_BLOCK_BYTES = 64 << 10;

  private static final int OPEN_FILES_MAX = 512;
  private static final long LOG_FILE_BYTES = 1 << 20;
  private static final long MANIFEST_BYTES = 16L << 20;
  private static final int METADATA_BLOCK_BYTES = 4 << 10;
  private static final int BLOOM_BITS = 10;

  /** A file is compacted once this many of so many successive rows in it are removals. */
  private static final long REMOVALS_MAX = 64;

  private static final long REMOVALS_WINDOW = 256;

  private static final double REMOVALS_RATIO = 0.5;

  private final List<AbstractNativeReference> natives = new ArrayList<>();
  private final DBOptions database;
  private final List<ColumnFamilyDescriptor> families = new ArrayList<>();

  RocksOptions(List<Table> tables, RocksMemory memory) {
    database = keep(new DBOptions());
    database
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        .setAtomicFlush(true)
        .setParanoidChecks(true)
        .setWriteBufferManager(memory.buffers())
        .setMaxBackgroundJobs(2)
        .setMaxSubcompactions(1)
        .setMaxOpenFiles(OPEN_FILES_MAX)
        .setMaxManifestFileSize(MANIFEST_BYTES)
        .setKeepLogFileNum(2)
        .setMaxLogFileSize(LOG_FILE_BYTES)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0);
    BlockBasedTableConfig format =
        new BlockBasedTableConfig()
            .setBlockCache(memory.cache())
            // In parts of a block each: as a whole those of a large file are a MiB and more, to be
            // read, checked and decompressed again whenever the small cache had to let them go.
            .setIndexType(IndexType.kTwoLevelIndexSearch)
            .setPartitionFilters(true)
            .setMetadataBlockSize(METADATA_BLOCK_BYTES)
            .setCacheIndexAndFilterBlocks(true)
            .setCacheIndexAndFilterBlocksWithHighPriority(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setPinTopLevelIndexAndFilter(true)
            .setFilterPolicy(keep(new BloomFilter(BLOOM_BITS, false)))
            .setWholeKeyFiltering(true);
    TablePropertiesCollectorFactory removals =
        keep(
            TablePropertiesCollectorFactory.NewCompactOnDeletionCollectorFactory(
                REMOVALS_WINDOW, REMOVALS_MAX, REMOVALS_RATIO));
    long writeBufferBytes =
        Math.clamp(memory.bufferBytes() / 2, WRITE_BUFFER_BYTES_MIN, WRITE_BUFFER_BYTES_MAX);
    families.add(
        new ColumnFamilyDescriptor(
            RocksDB.DEFAULT_COLUMN_FAMILY, family(format, List.of(), writeBufferBytes)));
    for (Table table : tables) {
      ColumnFamilyOptions family =
          family(format, table.queue() ? List.of(removals) : List.of(), writeBufferBytes);
      if (table.blobs()) {
        family
            .setEnableBlobFiles(true)
            .setMinBlobSize(BLOB_BYTES_MIN)
            .setBlobFileSize(BLOB_FILE_BYTES)
            .setBlobCompressionType(CompressionType.LZ4_COMPRESSION)
            .setEnableBlobGarbageCollection(true)
            .setBlobGarbageCollectionAgeCutoff(0.5)
            .setBlobGarbageCollectionForceThreshold(0.5);
      }
      families.add(new ColumnFamilyDescriptor(table.name().getBytes(UTF_8), family));
    }
  }

  /** The database's own settings. */
  DBOptions database() {
    return database;
  }

  /** The column families: the one of the applied position, then the tables in their order. */
  List<ColumnFamilyDescriptor> families() {
    return families;
  }

  /**
   * Looks at the tables of a database before it is opened; closes this where it refuses.
   *
   * @throws StoreException if it holds one that is not named here
   */
  void refuseUnknownTables(Path directory) throws RocksDBException {
    if (!Files.exists(directory.resolve("CURRENT"))) {
      return;
    }
    Set<ByteBuffer> known = new HashSet<>();
    for (ColumnFamilyDescriptor family : families) {
      known.add(ByteBuffer.wrap(family.getName()));
    }
    try (Options reading = new Options()) {
      for (byte[] name : RocksDB.listColumnFamilies(reading, directory.toString())) {
        if (!known.contains(ByteBuffer.wrap(name))) {
          close();
          throw new StoreException(
              "the database "
                  + directory
                  + " holds the table "
                  + new String(name, UTF_8)
                  + ", which this version does not know; start the version that made it");
        }
      }
    }
  }

  private ColumnFamilyOptions family(
      BlockBasedTableConfig format,
      List<TablePropertiesCollectorFactory> collectors,
      long writeBufferBytes) {
    // Only Options can carry a collector of table properties; a family's settings can be made of
    // them.
    try (Options carrier = new Options()) {
      carrier.setTablePropertiesCollectorFactory(collectors);
      ColumnFamilyOptions family = keep(new ColumnFamilyOptions(carrier));
      family
          .setTableFormatConfig(format)
          .setWriteBufferSize(writeBufferBytes)
          .setArenaBlockSize(ARENA_BLOCK_BYTES)
          .setMaxWriteBufferNumber(3)
          .setTargetFileSizeBase(TABLE_FILE_BYTES)
          .setCompressionType(CompressionType.LZ4_COMPRESSION)
          .setLevelCompactionDynamicLevelBytes(true);
      return family;
    }
  }

  private <T extends AbstractNativeReference> T keep(T made) {
    natives.add(made);
    return made;
  }

  @Override
  public void close() {
    natives.reversed().forEach(AbstractNativeReference::close);
  }
}
