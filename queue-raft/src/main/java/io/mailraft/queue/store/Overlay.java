package io.mailraft.queue.store;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The batch of both stores: gathers the writes of one entry in memory, so that {@link #get} sees
 * them and every key is written to the database in at most two steps, however often the entry
 * touched it.
 *
 * <p>A key of a {@link Table.Removal#ONCE} table must see puts and single deletes of the database
 * alternate. Within a batch there are four ways to leave such a key, and each is legal:
 *
 * <ul>
 *   <li>put: one put;
 *   <li>put, delete: nothing at all, for the row never reached the database;
 *   <li>delete: one single delete;
 *   <li>delete, put: one single delete, then one put.
 * </ul>
 */
final class Overlay implements Batch {
  private final View base;
  private final Map<Key, Change> changes = new HashMap<>();
  private boolean closed;

  Overlay(View base) {
    this.base = base;
  }

  @Override
  public Optional<byte[]> get(Table table, byte[] key) {
    Change change = changes.get(new Key(table, key));
    return change == null ? base.get(table, key) : Optional.ofNullable(change.value);
  }

  @Override
  public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
    base.scan(table, from, to, visitor);
  }

  @Override
  public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
    base.scanDown(table, from, to, visitor);
  }

  @Override
  public void put(Table table, byte[] key, byte[] value) {
    checkOpen();
    changes.computeIfAbsent(new Key(table, key), _ -> new Change()).value = value;
  }

  @Override
  public void delete(Table table, byte[] key) {
    checkOpen();
    Key at = new Key(table, key);
    Change change = changes.get(at);
    if (change == null) {
      change = new Change();
      change.removes = true;
      changes.put(at, change);
    } else if (table.removal() == Table.Removal.ONCE) {
      if (change.value == null) {
        return;
      }
      change.value = null;
      if (!change.removes) {
        changes.remove(at);
      }
    } else {
      change.value = null;
      change.removes = true;
    }
  }

  /** Hands every change to the sink, no key twice, and closes the batch. */
  void drain(Sink sink) {
    checkOpen();
    closed = true;
    changes.forEach(
        (key, change) -> {
          byte[] value = change.value;
          boolean once = key.table.removal() == Table.Removal.ONCE;
          if (change.removes && (once || value == null)) {
            sink.remove(key.table, key.bytes);
          }
          if (value != null) {
            sink.put(key.table, key.bytes, value);
          }
        });
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the batch was committed already");
    }
  }

  /** Takes the changes of a batch. */
  interface Sink {
    void put(Table table, byte[] key, byte[] value);

    /** Removes a row of the database; a put of the same key can follow. */
    void remove(Table table, byte[] key);
  }

  /** What a batch does to one key. */
  private static final class Change {
    /** A row that stands in the database goes. */
    private boolean removes;

    /** The row that stands after the batch; null if none does. */
    private byte @Nullable [] value;
  }

  /** A key of a table, as a map's key. */
  private static final class Key {
    private final Table table;
    private final byte[] bytes;
    private final int hash;

    Key(Table table, byte[] bytes) {
      this.table = table;
      this.bytes = bytes;
      this.hash = 31 * table.name().hashCode() + Arrays.hashCode(bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && hash == key.hash
          && table.name().equals(key.table.name())
          && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }
}
