package io.mailraft.queue.store;

import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Native memory of one database, beside the block cache that all share.
 *
 * @param memtableBytes rows that were not flushed yet, in bytes; the block cache is charged for
 *     them
 * @param tableReaderBytes what reading its files needs outside the block cache, in bytes
 */
public record StoreMemory(long memtableBytes, long tableReaderBytes) {
  /** Nothing at all. */
  public static final StoreMemory NONE = new StoreMemory(0, 0);

  /** That of an open database; none where it does not tell. */
  static StoreMemory of(RocksDB database) {
    try {
      return new StoreMemory(
          database.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables"),
          database.getAggregatedLongProperty("rocksdb.estimate-table-readers-mem"));
    } catch (RocksDBException e) {
      return NONE;
    }
  }
}
