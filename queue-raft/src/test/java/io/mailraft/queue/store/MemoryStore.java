package io.mailraft.queue.store;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A store in memory: the reference that {@link RocksStore} is compared with, and the store of fast
 * tests.
 *
 * <p>It is the stricter of the two: a put over a standing row of a {@link Table.Removal#ONCE}
 * table, which RocksDB would take and answer wrongly later, is refused.
 */
public final class MemoryStore implements Store {
  private static final String FILE = "rows";

  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private final Map<String, NavigableMap<byte[], byte[]>> rows = new HashMap<>();
  private Position applied = Position.START;
  private boolean closed;

  /** Makes an empty store. */
  public MemoryStore(List<Table> tables) {
    tables.forEach(table -> rows.put(table.name(), new TreeMap<>(Arrays::compareUnsigned)));
  }

  private MemoryStore(MemoryStore other) {
    other.rows.forEach((name, of) -> rows.put(name, new TreeMap<>(of)));
    applied = other.applied;
  }

  /** Reads a directory that {@link #checkpoint} made. */
  public static MemoryStore open(Path directory, List<Table> tables) {
    MemoryStore store = new MemoryStore(tables);
    Path file = directory.resolve(FILE);
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      store.applied = new Position(in.readLong(), in.readLong(), in.readLong());
      for (int table = in.readInt(); table > 0; table--) {
        NavigableMap<byte[], byte[]> into = store.of(in.readUTF());
        for (int row = in.readInt(); row > 0; row--) {
          byte[] key = in.readNBytes(in.readInt());
          into.put(key, in.readNBytes(in.readInt()));
        }
      }
      return store;
    } catch (IOException e) {
      throw new StoreException("the file " + file + " cannot be read: " + e, e);
    }
  }

  @Override
  public Position applied() {
    use.readLock().lock();
    try {
      return applied;
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public Optional<byte[]> get(Table table, byte[] key) {
    use.readLock().lock();
    try {
      checkOpen();
      return Optional.ofNullable(of(table.name()).get(key)).map(byte[]::clone);
    } finally {
      use.readLock().unlock();
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
    use.readLock().lock();
    try {
      checkOpen();
      if (Arrays.compareUnsigned(from, to) >= 0) {
        return;
      }
      NavigableMap<byte[], byte[]> between = of(table.name()).subMap(from, true, to, false);
      for (Map.Entry<byte[], byte[]> row : (down ? between.descendingMap() : between).entrySet()) {
        if (!visitor.visit(row.getKey().clone(), row.getValue().clone())) {
          return;
        }
      }
    } finally {
      use.readLock().unlock();
    }
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
    use.writeLock().lock();
    try {
      checkOpen();
      overlay.drain(new TreeSink());
      applied = position;
    } finally {
      use.writeLock().unlock();
    }
  }

  @Override
  public Frozen freeze() {
    use.readLock().lock();
    try {
      checkOpen();
      return new MemoryFrozen(new MemoryStore(this));
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public Position checkpoint(Path directory) {
    use.readLock().lock();
    try {
      checkOpen();
      Files.createDirectory(directory);
      try (DataOutputStream out =
          new DataOutputStream(Files.newOutputStream(directory.resolve(FILE)))) {
        write(out);
      }
      return applied;
    } catch (IOException e) {
      throw new StoreException("the directory " + directory + " cannot be written: " + e, e);
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public void close() {
    use.writeLock().lock();
    try {
      closed = true;
    } finally {
      use.writeLock().unlock();
    }
  }

  private void write(DataOutputStream out) throws IOException {
    out.writeLong(applied.term());
    out.writeLong(applied.index());
    out.writeLong(applied.stampMillis());
    out.writeInt(rows.size());
    for (Map.Entry<String, NavigableMap<byte[], byte[]>> table : rows.entrySet()) {
      out.writeUTF(table.getKey());
      out.writeInt(table.getValue().size());
      for (Map.Entry<byte[], byte[]> row : table.getValue().entrySet()) {
        out.writeInt(row.getKey().length);
        out.write(row.getKey());
        out.writeInt(row.getValue().length);
        out.write(row.getValue());
      }
    }
  }

  private NavigableMap<byte[], byte[]> of(String table) {
    NavigableMap<byte[], byte[]> found = rows.get(table);
    if (found == null) {
      throw new IllegalArgumentException("the store was opened without table " + table);
    }
    return found;
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException("the store is closed");
    }
  }

  /** Writes the changes of a batch into the trees. */
  private final class TreeSink implements Overlay.Sink {
    @Override
    public void put(Table table, byte[] key, byte[] value) {
      byte[] before = of(table.name()).put(key.clone(), value.clone());
      if (before != null && table.removal() == Table.Removal.ONCE) {
        throw new IllegalStateException(
            "a row of table " + table.name() + " was put twice without a delete in between");
      }
    }

    @Override
    public void remove(Table table, byte[] key) {
      of(table.name()).remove(key);
    }
  }

  /** A copy of the trees. */
  private record MemoryFrozen(MemoryStore copy) implements Frozen {
    @Override
    public Position applied() {
      return copy.applied();
    }

    @Override
    public Optional<byte[]> get(Table table, byte[] key) {
      return copy.get(table, key);
    }

    @Override
    public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
      copy.scan(table, from, to, visitor);
    }

    @Override
    public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
      copy.scanDown(table, from, to, visitor);
    }

    @Override
    public void close() {
      copy.close();
    }
  }
}
