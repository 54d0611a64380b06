package io.mailraft.queue.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A store in a RocksDB database, without a write-ahead log of its own.
 *
 * <p>The crash argument: nothing is written but in {@link #commit}, as one native batch over all
 * column families that carries the applied position with it, and atomic flush brings all column
 * families to disk as of one batch. So whatever instant the process or the machine dies at, the
 * database opens as of some earlier batch, whole, and knows which.
 *
 * <p>Every use of the database holds the read half of a lock of which closing holds the write half:
 * a native call on a closed database would end the process.
 */
public final class RocksStore implements Store {
  private static final byte[] POSITION_KEY = {'p'};

  private final Path directory;
  private final Consumer<Throwable> onTrouble;
  private final RocksOptions options;
  private final RocksDB database;
  private final List<ColumnFamilyHandle> handles;
  private final Map<String, ColumnFamilyHandle> tables = new HashMap<>();
  private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
  private final ReadOptions latest = new ReadOptions();
  private final WriteBatch writes = new WriteBatch();
  private final RocksSweep sweep;
  private final SmallFiles smallFiles;
  private final Set<RocksFrozen> frozen = new HashSet<>();
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private boolean closed;
  private volatile boolean closing;
  private volatile Position applied = Position.START;

  private RocksStore(
      Path directory,
      Consumer<Throwable> onTrouble,
      RocksOptions options,
      RocksDB database,
      List<Table> tables,
      List<ColumnFamilyHandle> handles) {
    this.directory = directory;
    this.onTrouble = onTrouble;
    this.options = options;
    this.database = database;
    this.handles = handles;
    for (int i = 0; i < tables.size(); i++) {
      this.tables.put(tables.get(i).name(), handles.get(i + 1));
    }
    this.sweep = new RocksSweep(database, directory, tables, handles);
    this.smallFiles = new SmallFiles(database, directory, handles, () -> closing);
  }

  /**
   * Opens the database in a directory, or makes one there.
   *
   * @param tables every table that it has or is to have
   * @throws StoreException if it cannot be read, or holds a table that is not named
   */
  public static RocksStore open(Path directory, List<Table> tables, RocksMemory memory) {
    return open(directory, tables, memory, trouble -> {});
  }

  /**
   * The same.
   *
   * @param onTrouble hears of every read or write that the disk or damage prevents, before the
   *     caller does, whichever thread that is
   */
  public static RocksStore open(
      Path directory, List<Table> tables, RocksMemory memory, Consumer<Throwable> onTrouble) {
    RocksOptions options = new RocksOptions(tables, memory);
    try {
      Files.createDirectories(directory);
      options.refuseUnknownTables(directory);
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB database =
          RocksDB.open(options.database(), directory.toString(), options.families(), handles);
      RocksStore store = new RocksStore(directory, onTrouble, options, database, tables, handles);
      try {
        store.applied = store.position(store.latest);
        return store;
      } catch (StoreException e) {
        store.close();
        throw e;
      }
    } catch (RocksDBException e) {
      options.close();
      throw RocksTrouble.of(directory, "cannot be opened", e);
    } catch (IOException e) {
      options.close();
      throw new StoreException("the database " + directory + " cannot be made: " + e, e);
    }
  }

  @Override
  public Position applied() {
    return applied;
  }

  @Override
  public Optional<byte[]> get(Table table, byte[] key) {
    return get(latest, table, key);
  }

  @Override
  public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
    scan(null, table, from, to, false, visitor);
  }

  @Override
  public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
    scan(null, table, from, to, true, visitor);
  }

  @Override
  public Batch begin() {
    return new Overlay(this);
  }

  @Override
  public void commit(Batch batch, Position position) {
    if (!(batch instanceof Overlay overlay)) {
      throw new IllegalArgumentException("the batch was not begun here");
    }
    use.readLock().lock();
    try {
      checkOpen();
      writes.clear();
      overlay.drain(new NativeSink());
      writes.put(handles.getFirst(), POSITION_KEY, position.toBytes());
      database.write(unlogged, writes);
      applied = position;
    } catch (RocksDBException e) {
      throw met("cannot be written", e);
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public Frozen freeze() {
    use.readLock().lock();
    try {
      checkOpen();
      RocksFrozen made = new RocksFrozen(database.getSnapshot());
      synchronized (frozen) {
        frozen.add(made);
      }
      return made;
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * Reads all tables on disk and compares them with their checksums, which takes as long as reading
   * does. Values in blob files are compared when they are read.
   *
   * @throws DamagedException if something is not as it was written
   */
  public void verify() {
    use.readLock().lock();
    try {
      checkOpen();
      database.verifyChecksum();
    } catch (RocksDBException e) {
      throw met("cannot be read", e);
    } finally {
      use.readLock().unlock();
    }
  }

  /** Its native memory. */
  public StoreMemory memory() {
    use.readLock().lock();
    try {
      return closed ? StoreMemory.NONE : StoreMemory.of(database);
    } finally {
      use.readLock().unlock();
    }
  }

  /** Brings what is in memory to disk; commits go on meanwhile. */
  public void flush() {
    keepUp("written", this::flushAll);
  }

  private void flushAll() throws RocksDBException {
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
      database.flush(flush, handles);
    }
  }

  /** Gives back the space of rows whose removal is on disk, if they are many; closing ends it. */
  public void sweep() {
    keepUp("compacted", sweep::run);
  }

  /** Merges files of which there are many small ones; closing ends it. */
  public void merge() {
    keepUp("compacted", smallFiles::merge);
  }

  private void keepUp(String cannotBe, RocksSweep.Task upkeep) {
    use.readLock().lock();
    try {
      checkOpen();
      upkeep.run();
    } catch (RocksDBException e) {
      throw met("cannot be " + cannotBe, e);
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public Position checkpoint(Path target) {
    use.readLock().lock();
    try {
      checkOpen();
      Position position = applied;
      flushAll();
      try (Checkpoint checkpoint = Checkpoint.create(database)) {
        // RocksDB makes it under another name, syncs and renames it, or removes it on an error.
        checkpoint.createCheckpoint(target.toString());
      }
      return position;
    } catch (RocksDBException e) {
      throw new StoreException(
          "the database %s cannot be copied to %s: %s; check free space and the disk"
              .formatted(directory, target, e.getMessage()),
          e);
    } finally {
      use.readLock().unlock();
    }
  }

  /** Flushes and closes it, and every frozen state. Scans end with {@link ClosedException} soon. */
  @Override
  public void close() {
    closing = true;
    sweep.cancel();
    use.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      List.copyOf(frozen).forEach(RocksFrozen::release);
      writes.close();
      latest.close();
      unlogged.close();
      sweep.close();
      handles.forEach(ColumnFamilyHandle::close);
      database.close();
      options.close();
    } finally {
      use.writeLock().unlock();
    }
  }

  private Optional<byte[]> get(ReadOptions as, Table table, byte[] key) {
    use.readLock().lock();
    try {
      checkOpen();
      return Optional.ofNullable(database.get(handle(table), as, key));
    } catch (RocksDBException e) {
      throw met("cannot be read in table " + table.name(), e);
    } finally {
      use.readLock().unlock();
    }
  }

  private void scan(
      @Nullable Snapshot snapshot,
      Table table,
      byte[] from,
      byte[] to,
      boolean down,
      Visitor visitor) {
    use.readLock().lock();
    try (Slice least = new Slice(from);
        Slice end = new Slice(to);
        ReadOptions bounded =
            new ReadOptions().setIterateLowerBound(least).setIterateUpperBound(end)) {
      checkOpen();
      if (snapshot != null) {
        bounded.setSnapshot(snapshot);
      }
      try (RocksIterator rows = database.newIterator(handle(table), bounded)) {
        if (down) {
          rows.seekToLast();
        } else {
          rows.seek(from);
        }
        while (rows.isValid()) {
          if (closing) {
            throw closed();
          }
          if (!visitor.visit(rows.key(), rows.value())) {
            return;
          }
          if (down) {
            rows.prev();
          } else {
            rows.next();
          }
        }
        rows.status();
      }
    } catch (RocksDBException e) {
      throw met("cannot be read in table " + table.name(), e);
    } finally {
      use.readLock().unlock();
    }
  }

  private Position position(ReadOptions as) {
    try {
      byte[] value = database.get(handles.getFirst(), as, POSITION_KEY);
      return value == null ? Position.START : Position.of(value);
    } catch (IllegalArgumentException e) {
      throw new StoreException("the database " + directory + " holds " + e.getMessage(), e);
    } catch (RocksDBException e) {
      throw met("cannot be read at its applied position", e);
    }
  }

  private ColumnFamilyHandle handle(Table table) {
    ColumnFamilyHandle handle = tables.get(table.name());
    if (handle == null) {
      throw new IllegalArgumentException("the store was opened without table " + table.name());
    }
    return handle;
  }

  private void checkOpen() {
    if (closed) {
      throw closed();
    }
  }

  private ClosedException closed() {
    return new ClosedException("the database " + directory + " is closed");
  }

  private StoreException met(String what, RocksDBException e) {
    StoreException met = RocksTrouble.of(directory, what, e);
    onTrouble.accept(met);
    return met;
  }

  /** Writes the changes of a batch into the native one. */
  private final class NativeSink implements Overlay.Sink {
    @Override
    public void put(Table table, byte[] key, byte[] value) {
      try {
        writes.put(handle(table), key, value);
      } catch (RocksDBException e) {
        throw met("cannot be written in table " + table.name(), e);
      }
    }

    @Override
    public void remove(Table table, byte[] key) {
      try {
        switch (table.removal()) {
          case ONCE -> writes.singleDelete(handle(table), key);
          case ANY -> writes.delete(handle(table), key);
        }
      } catch (RocksDBException e) {
        throw met("cannot be written in table " + table.name(), e);
      }
    }
  }

  /**
   * A RocksDB snapshot.
   *
   * <p>Its reads hold a lock of their own, which is taken before the store's: closing it waits for
   * them alone, and not for reads of others, behind whom commits would wait with it.
   */
  private final class RocksFrozen implements Frozen {
    private final ReentrantReadWriteLock reads = new ReentrantReadWriteLock();
    private final Snapshot snapshot;
    private final ReadOptions as;
    private final Position position;
    private boolean released;

    RocksFrozen(Snapshot snapshot) {
      this.snapshot = snapshot;
      this.as = new ReadOptions().setSnapshot(snapshot);
      this.position = position(as);
    }

    @Override
    public Position applied() {
      return position;
    }

    @Override
    public Optional<byte[]> get(Table table, byte[] key) {
      begin();
      try {
        checkFrozen();
        return RocksStore.this.get(as, table, key);
      } finally {
        end();
      }
    }

    @Override
    public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
      scan(table, from, to, false, visitor);
    }

    @Override
    public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
      scan(table, from, to, true, visitor);
    }

    private void scan(Table table, byte[] from, byte[] to, boolean down, Visitor visitor) {
      begin();
      try {
        checkFrozen();
        RocksStore.this.scan(snapshot, table, from, to, down, visitor);
      } finally {
        end();
      }
    }

    private void begin() {
      reads.readLock().lock();
      use.readLock().lock();
    }

    private void end() {
      use.readLock().unlock();
      reads.readLock().unlock();
    }

    /** Waits for reads of it that are under way, then lets old files go. */
    @Override
    public void close() {
      reads.writeLock().lock();
      use.readLock().lock();
      try {
        release();
      } finally {
        use.readLock().unlock();
        reads.writeLock().unlock();
      }
    }

    /** For whoever keeps all reads of it away: by its own lock, or by the store's. */
    private void release() {
      if (!released) {
        released = true;
        synchronized (frozen) {
          frozen.remove(this);
        }
        as.close();
        database.releaseSnapshot(snapshot);
      }
    }

    private void checkFrozen() {
      if (released) {
        throw new ClosedException("the frozen state of the database " + directory + " is closed");
      }
    }
  }
}
