package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Folds random logs beside a model of what a client that repeats its requests is promised: the
 * first message that is stored under a key answers for it until the key is forgotten.
 */
class KeysPropertyTest {
  private static final int SEEDS = Integer.getInteger("mailraft.property.seeds", 100);
  private static final int ENTRIES = 200;

  /** What a record with a key met. */
  private enum Met {
    STORED,
    REPEATED,
    OTHER_REQUEST,
    REFUSED
  }

  private record First(long stem, ByteString fingerprint, long stampMillis) {}

  private final Map<ByteString, First> model = new HashMap<>();
  private final EnumMap<Met, Integer> met = new EnumMap<>(Met.class);

  private void fold(long seed, UnaryOperator<Batch> fault) {
    model.clear();
    RandomLog random = new RandomLog(seed);
    ShardFold fold = new ShardFold(0);
    MemoryStore store = new MemoryStore(Rows.ALL);
    fold.load(store);
    long index = 0;
    for (int i = 0; i < ENTRIES; i++) {
      Entry entry = random.entry();
      for (Record record : entry.getRecordsList()) {
        Position at = new Position(1, ++index, entry.getStampMillis());
        Batch batch = store.begin();
        boolean visible = record.hasStoreMessage() && visible(record.getStoreMessage(), store);
        Answer answer =
            fold.apply(Entry.newBuilder().addRecords(record).build(), at, fault.apply(batch))
                .getFirst();
        store.commit(batch, at);
        fold.applied(at);
        if (record.hasStoreMessage() && record.getStoreMessage().hasIdempotency()) {
          check(record.getStoreMessage(), visible, answer, at, store);
        } else if (record.hasForgetKeys()) {
          assertThat(((Answer.Accepted) answer).value())
              .isEqualTo(
                  forget(
                      record.getForgetKeys().getBeforeMillis(), record.getForgetKeys().getLimit()));
        }
        ShardInvariants.check(store, fold);
      }
    }
  }

  private static boolean visible(StoreMessage message, View view) {
    byte[] id = Rows.message(MessageId.of(message.getId()));
    return view.get(Rows.MESSAGE, id).isPresent() || view.get(Rows.ENDED, id).isPresent();
  }

  private void check(StoreMessage message, boolean before, Answer answer, Position at, View after) {
    ByteString key = message.getIdempotency().getHash();
    ByteString fingerprint = message.getIdempotency().getFingerprint();
    MessageId id = MessageId.of(message.getId());
    First first = model.get(key);
    if (first == null) {
      switch (answer) {
        case Answer.Accepted(long _, long stem) -> {
          assertThat(stem).isEqualTo(id.stem());
          assertThat(visible(message, after)).isTrue();
          model.put(key, new First(stem, fingerprint, at.stampMillis()));
          met.merge(Met.STORED, 1, Integer::sum);
        }
        case Answer.Refused refused -> {
          assertThat(visible(message, after)).isEqualTo(before);
          met.merge(Met.REFUSED, 1, Integer::sum);
        }
      }
      return;
    }
    assertThat(visible(message, after)).as("a repeat stores nothing").isEqualTo(before);
    assertThat(after.get(Rows.UPLOAD, Rows.message(id))).as("nor leaves chunks").isEmpty();
    if (first.fingerprint().equals(fingerprint)) {
      assertThat(answer).isEqualTo(new Answer.Accepted(at.index(), first.stem()));
      met.merge(Met.REPEATED, 1, Integer::sum);
    } else {
      assertThat(answer).isEqualTo(new Answer.Refused(at.index(), Shard.OTHER_REQUEST));
      met.merge(Met.OTHER_REQUEST, 1, Integer::sum);
    }
  }

  /** The oldest first; of two that are as old, the one whose hash is less. */
  private long forget(long beforeMillis, int limit) {
    return model.entrySet().stream()
        .filter(entry -> entry.getValue().stampMillis() < beforeMillis)
        .sorted(
            Map.Entry.<ByteString, First>comparingByValue(
                    java.util.Comparator.comparingLong(First::stampMillis))
                .thenComparing(
                    Map.Entry.comparingByKey(ByteString.unsignedLexicographicalComparator())))
        .limit(limit)
        .map(Map.Entry::getKey)
        .toList()
        .stream()
        .filter(key -> model.remove(key) != null)
        .count();
  }

  @Test
  void a_key_stands_for_the_first_message_stored_under_it_until_it_is_forgotten() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      try {
        fold(seed, UnaryOperator.identity());
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(met).as("what the logs led to").containsOnlyKeys(Met.values());
    assertThat(met.values()).allSatisfy(count -> assertThat(count).isGreaterThan(SEEDS));
  }

  /** Loses the rows of a table, to show that the checks see it. */
  private record Losing(Batch batch, Table table) implements Batch {
    @Override
    public void put(Table to, byte[] key, byte[] value) {
      if (!to.equals(table)) {
        batch.put(to, key, value);
      }
    }

    @Override
    public void delete(Table from, byte[] key) {
      batch.delete(from, key);
    }

    @Override
    public Optional<byte[]> get(Table from, byte[] key) {
      return batch.get(from, key);
    }

    @Override
    public void scan(Table in, byte[] from, byte[] to, Visitor visitor) {
      batch.scan(in, from, to, visitor);
    }

    @Override
    public void scanDown(Table in, byte[] from, byte[] to, Visitor visitor) {
      batch.scanDown(in, from, to, visitor);
    }
  }

  @Test
  void a_key_that_is_not_written_with_its_message_is_caught() {
    assertThatThrownBy(() -> fold(1, batch -> new Losing(batch, Rows.KEY)))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void a_key_that_would_never_be_forgotten_is_caught() {
    assertThatThrownBy(() -> fold(1, batch -> new Losing(batch, Rows.KEY_AGE)))
        .isInstanceOf(AssertionError.class);
  }
}
