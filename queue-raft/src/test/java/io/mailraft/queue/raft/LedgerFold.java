package io.mailraft.queue.raft;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import io.mailraft.queue.store.View;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A fold for tests: writes the token of every checksum record under the number of its turn, and the
 * body of every chunk under its number; an empty one removes what stands there.
 */
final class LedgerFold implements Fold {
  static final Table LINES = new Table("lines", Removal.ANY, false);
  static final Table BODIES = new Table("bodies", Removal.ANY, true);
  static final Table COUNT = new Table("count", Removal.ANY, false);
  private static final byte[] COUNT_KEY = {0};

  private volatile Predicate<Record> poison = _ -> false;
  private volatile boolean silent;
  private volatile long count;
  private final AtomicLong entries = new AtomicLong();
  private final AtomicLong loads = new AtomicLong();
  private final AtomicLong abandoned = new AtomicLong();

  @Override
  public List<Table> tables() {
    return List.of(LINES, BODIES, COUNT);
  }

  @Override
  public void load(Store store) {
    count = store.get(COUNT, COUNT_KEY).map(bytes -> ByteBuffer.wrap(bytes).getLong()).orElse(0L);
    loads.incrementAndGet();
  }

  @Override
  public List<Answer> apply(Entry entry, Position at, Batch batch) {
    List<Answer> answers = new ArrayList<>();
    long next = count;
    for (Record record : entry.getRecordsList()) {
      if (poison.test(record)) {
        throw new FoldException("poison");
      }
      if (record.hasStoreChunk() && record.getStoreChunk().getBody().isEmpty()) {
        batch.delete(BODIES, key(record.getStoreChunk().getNumber()));
      } else if (record.hasStoreChunk()) {
        batch.put(
            BODIES,
            key(record.getStoreChunk().getNumber()),
            record.getStoreChunk().getBody().toByteArray());
      } else {
        batch.put(LINES, key(next), key(record.getChecksum().getToken()));
      }
      next++;
      answers.add(new Answer.Accepted(at.index(), next));
    }
    batch.put(COUNT, COUNT_KEY, key(next));
    count = next;
    entries.incrementAndGet();
    return silent ? List.of() : answers;
  }

  @Override
  public void abandoned() {
    abandoned.incrementAndGet();
  }

  @Override
  public void applied(Position at) {}

  /** Answers nothing from here on, which its host cannot accept. */
  void fallSilent() {
    silent = true;
  }

  /** Entries that were applied and not written. */
  long abandonedEntries() {
    return abandoned.get();
  }

  /** Throws on such records from here on. */
  void refuse(Predicate<Record> records) {
    poison = records;
  }

  /** Records applied since the beginning of the log. */
  long count() {
    return count;
  }

  /** Entries applied since the start of the process. */
  long entries() {
    return entries.get();
  }

  long loads() {
    return loads.get();
  }

  /** Tokens in the order in which they were applied. */
  static List<Long> tokens(View view) {
    List<Long> tokens = new ArrayList<>();
    view.scan(LINES, key(0), end(), (_, value) -> tokens.add(ByteBuffer.wrap(value).getLong()));
    return tokens;
  }

  /** A digest of every row. */
  static int digest(View view) {
    int[] digest = {1};
    for (Table table : List.of(LINES, BODIES, COUNT)) {
      view.scan(
          table,
          key(0),
          end(),
          (key, value) -> {
            digest[0] = 31 * (31 * digest[0] + Arrays.hashCode(key)) + Arrays.hashCode(value);
            return true;
          });
    }
    return digest[0];
  }

  static byte[] key(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static byte[] end() {
    byte[] end = new byte[Long.BYTES + 1];
    Arrays.fill(end, (byte) 0xff);
    return end;
  }
}
