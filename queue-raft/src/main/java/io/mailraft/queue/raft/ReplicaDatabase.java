package io.mailraft.queue.raft;

import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.RocksStore;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.StoreException;
import io.mailraft.queue.store.StoreMemory;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live database of one replica, in the directory {@code db}, and its replacement by a snapshot.
 *
 * <p>Readers go through {@link #get} and the scans: while the database is being replaced they wait,
 * and then read the new one.
 */
final class ReplicaDatabase implements View, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaDatabase.class);

  private final Path live;
  private final Path next;
  private final Path old;
  private final List<Table> tables;
  private final RocksMemory memory;
  private final Consumer<Throwable> onTrouble;
  private final ReentrantReadWriteLock swap = new ReentrantReadWriteLock();
  private @Nullable RocksStore store;

  /**
   * @param onTrouble hears of a database that cannot be read or written, from whichever thread met
   *     it first; the replica must stop
   */
  ReplicaDatabase(
      Path root, List<Table> tables, RocksMemory memory, Consumer<Throwable> onTrouble) {
    this.live = root.resolve("db");
    this.next = root.resolve("db.next");
    this.old = root.resolve("db.old");
    this.tables = List.copyOf(tables);
    this.memory = memory;
    this.onTrouble = onTrouble;
  }

  /** Opens what is there, or an empty database; what a crash left of a replacement is removed. */
  void open() throws IOException {
    Durable.remove(next);
    Durable.remove(old);
    store = RocksStore.open(live, tables, memory, onTrouble);
  }

  /**
   * Replaces the database by a copy of a snapshot.
   *
   * <p>The crash argument, line by line; the snapshot itself is not touched, and on the next start
   * {@code GroupStateMachine} comes here again whenever the database stands before the newest
   * snapshot.
   *
   * <ol>
   *   <li>While {@code db.next} is being made and verified: {@code db} is as it was, and is read;
   *       the start removes {@code db.next}.
   *   <li>{@code db} renamed to {@code db.old}: there is no {@code db}, the start makes an empty
   *       one, which stands before the snapshot.
   *   <li>{@code db.next} renamed to {@code db}: its files were synced before, so it is whole; the
   *       start removes {@code db.old}.
   * </ol>
   *
   * @throws io.mailraft.queue.store.DamagedException if a table of the snapshot is not as it was
   *     written; the database is as it was then, and so is what the next start finds
   */
  void replaceBy(Path snapshot) throws IOException {
    LOG.info("replacing the database {} by the snapshot {}", live, snapshot);
    Durable.remove(next);
    Durable.remove(old);
    copy(snapshot, next);
    // It came over the network, and most of it will not be read soon.
    try (RocksStore made = RocksStore.open(next, tables, memory, onTrouble)) {
      made.verify();
    }
    Durable.syncTree(next);
    swap.writeLock().lock();
    try {
      close();
      if (Files.exists(live)) {
        Files.move(live, old);
      }
      Files.move(next, live);
      Durable.sync(parent());
      store = RocksStore.open(live, tables, memory, onTrouble);
    } finally {
      swap.writeLock().unlock();
    }
    Durable.remove(old);
  }

  /** The database, for the apply thread. */
  Store store() {
    RocksStore is = store;
    if (is == null) {
      throw new StoreException("the database " + live + " is not open");
    }
    return is;
  }

  /** Brings what is in memory to disk, beside the apply thread. */
  void flush() {
    swap.readLock().lock();
    try {
      RocksStore is = store;
      if (is != null) {
        is.flush();
      }
    } finally {
      swap.readLock().unlock();
    }
  }

  /**
   * Gives back the space of rows whose removal is on disk, where they are many. May take minutes,
   * during which the database may be replaced or closed.
   */
  void sweep() {
    whileItLasts(RocksStore::sweep);
  }

  /** Merges small files, where there are many, during which it may be replaced or closed too. */
  void merge() {
    whileItLasts(RocksStore::merge);
  }

  private void whileItLasts(Consumer<RocksStore> upkeep) {
    RocksStore is;
    swap.readLock().lock();
    try {
      is = store;
    } finally {
      swap.readLock().unlock();
    }
    if (is != null) {
      upkeep.accept(is);
    }
  }

  /** Size of its files; of those that it needs no more, too, until it has compacted them. */
  long fileBytes() {
    return LogCounts.size(live);
  }

  /** Its native memory; none while it is closed. */
  StoreMemory memory() {
    swap.readLock().lock();
    try {
      RocksStore is = store;
      return is == null ? StoreMemory.NONE : is.memory();
    } finally {
      swap.readLock().unlock();
    }
  }

  /** Position of the last entry that the database contains. */
  Position applied() {
    swap.readLock().lock();
    try {
      return store().applied();
    } finally {
      swap.readLock().unlock();
    }
  }

  @Override
  public Optional<byte[]> get(Table table, byte[] key) {
    swap.readLock().lock();
    try {
      return store().get(table, key);
    } finally {
      swap.readLock().unlock();
    }
  }

  @Override
  public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
    swap.readLock().lock();
    try {
      store().scan(table, from, to, visitor);
    } finally {
      swap.readLock().unlock();
    }
  }

  @Override
  public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
    swap.readLock().lock();
    try {
      store().scanDown(table, from, to, visitor);
    } finally {
      swap.readLock().unlock();
    }
  }

  @Override
  public void close() {
    swap.writeLock().lock();
    try {
      RocksStore is = store;
      store = null;
      if (is != null) {
        is.close();
      }
    } finally {
      swap.writeLock().unlock();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    for (Path file : Durable.list(from)) {
      String name = file.getFileName().toString();
      if (name.endsWith(".md5")) {
        continue;
      }
      // RocksDB writes these once and never again, so the snapshot may share them; it may change
      // all others.
      boolean shared = name.endsWith(".sst") || name.endsWith(".blob");
      if (!shared || !link(file, to.resolve(name))) {
        Files.copy(file, to.resolve(name));
      }
    }
    Durable.syncTree(to);
  }

  private static boolean link(Path file, Path as) {
    try {
      Files.createLink(as, file);
      return true;
    } catch (UnsupportedOperationException | IOException e) {
      LOG.debug("{} cannot be linked, it is copied", file, e);
      return false;
    }
  }

  private Path parent() {
    Path parent = live.getParent();
    if (parent == null) {
      throw new IllegalStateException(live + " has no parent");
    }
    return parent;
  }
}
