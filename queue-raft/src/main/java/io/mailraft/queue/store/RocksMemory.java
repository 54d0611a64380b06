package io.mailraft.queue.store;

import org.rocksdb.Cache;
import org.rocksdb.Env;
import org.rocksdb.LRUCache;
import org.rocksdb.Priority;
import org.rocksdb.WriteBufferManager;

/**
 * The native memory that all databases of a node share: one block cache, and one budget for write
 * buffers that is charged to the same cache, so that both together stay within one number of bytes.
 *
 * <p>Half of the bytes may be write buffers. They are worth more than cache here: a message whose
 * delivery ends before its write buffer is flushed never touches the database's files.
 */
public final class RocksMemory implements AutoCloseable {
  /** Smallest budget that databases can work with. */
  public static final long BYTES_MIN = 4L << 20;

  /**
   * Threads that flush, in the whole process; RocksDB's pools are the process's, whatever number of
   * databases it has.
   */
  private static final int FLUSH_THREADS = 1;

  /** Threads that compact, in the whole process. */
  private static final int COMPACTION_THREADS = 1;

  private static final int SHARDS_BY_SIZE = -1;

  /** The part of the cache that rows do not take from indexes and filters. */
  private static final double METADATA_PART = 0.5;

  private final Cache cache;
  private final WriteBufferManager buffers;
  private final long bufferBytes;
  private boolean closed;

  /**
   * Sets the memory aside; it is taken as it is needed.
   *
   * @param bytes block cache and write buffers together
   */
  public RocksMemory(long bytes) {
    if (bytes < BYTES_MIN) {
      throw new IllegalArgumentException(
          "the databases need " + BYTES_MIN + " bytes of memory at least, not " + bytes);
    }
    RocksLibrary.load();
    Env env = Env.getDefault();
    env.setBackgroundThreads(FLUSH_THREADS, Priority.HIGH);
    env.setBackgroundThreads(COMPACTION_THREADS, Priority.LOW);
    bufferBytes = bytes / 2;
    cache = new LRUCache(bytes, SHARDS_BY_SIZE, false, METADATA_PART);
    buffers = new WriteBufferManager(bufferBytes, cache);
  }

  Cache cache() {
    return cache;
  }

  WriteBufferManager buffers() {
    return buffers;
  }

  long bufferBytes() {
    return bufferBytes;
  }

  /** What the block cache holds, with the write buffers that it is charged for. */
  public synchronized long cacheBytes() {
    return closed ? 0 : cache.getUsage();
  }

  /** Gives the memory back. Databases that still use it must be closed before. */
  @Override
  public synchronized void close() {
    closed = true;
    buffers.close();
    cache.close();
  }
}
