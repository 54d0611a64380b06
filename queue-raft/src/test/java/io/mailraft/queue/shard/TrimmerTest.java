package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.DkimKey;
import io.mailraft.api.log.DkimOrder;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.ForgetKeys;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.log.TrimHistory;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is kept of ended messages, for how long, and what goes when there is too much of it. */
class TrimmerTest {
  private static final Duration REMEMBER = Duration.ofHours(1);
  private static final Duration KEEP = Duration.ofDays(7);
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final ShardFold fold = new ShardFold(0);
  private final MemoryStore store = new MemoryStore(Rows.ALL);
  private long nowMillis = 1_000_000_000_000L;
  private long index;

  TrimmerTest() {
    fold.load(store);
  }

  private Trimmer trimmer(long bytesMax) {
    return new Trimmer(
        store,
        fold::historyBytes,
        new ShardSettings(REMEMBER, Duration.ofMinutes(1), KEEP, bytesMax));
  }

  private void apply(Record.Builder record) {
    Position at = new Position(1, ++index, nowMillis);
    Batch batch = store.begin();
    fold.apply(Entry.newBuilder().setStampMillis(nowMillis).addRecords(record).build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  /** Stores a message and cancels it. */
  private void end(int number, int recipients) {
    store(number, recipients);
    apply(order(OrderKind.CANCEL, number, recipients));
  }

  private static Record.Builder order(OrderKind kind, int number, int recipients) {
    ByteString id = new MessageId(number, 0).toByteString();
    OrderDeliveries.Builder order =
        OrderDeliveries.newBuilder().setKind(kind).setReason("by the operator");
    for (int seq = 1; seq <= recipients; seq++) {
      order.addDeliveriesBuilder().setId(id).setSeq(seq);
    }
    return Record.newBuilder().setOrder(order);
  }

  private void store(int number, int recipients) {
    ByteString id = new MessageId(number, 0).toByteString();
    StoreMessage.Builder message =
        StoreMessage.newBuilder()
            .setId(id)
            .setEnvelope(Envelope.newBuilder().setSender("a@example.com").addTags("t"))
            .setBody(ByteString.copyFromUtf8("x"));
    for (int seq = 1; seq <= recipients; seq++) {
      message.addRecipients(
          Recipient.newBuilder()
              .setSeq(seq)
              .setAddress("r" + seq + "@example.com")
              .setZone("default")
              .setDomain("example.com"));
    }
    apply(Record.newBuilder().setStoreMessage(message));
  }

  /** Does what the trimmer says until it says nothing more; how many records that took. */
  private int trim(Trimmer trimmer) {
    int records = 0;
    for (Optional<TrimHistory> next = trimmer.next(nowMillis, nowMillis);
        next.isPresent();
        next = trimmer.next(nowMillis, nowMillis)) {
      apply(Record.newBuilder().setTrimHistory(next.get()));
      trimmer.done();
      assertThat(++records).as("records").isLessThan(1_000);
    }
    return records;
  }

  private int rows(Table table) {
    int[] rows = {0};
    store.scan(
        table,
        Rows.FIRST,
        new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1},
        (k, v) -> ++rows[0] > 0);
    return rows[0];
  }

  @Test
  void a_timeline_is_kept_for_its_time_after_the_end_and_then_goes_whole() {
    Trimmer trimmer = trimmer(Long.MAX_VALUE);
    end(1, 2);
    nowMillis += KEEP.toMillis();
    end(2, 1);
    assertThat(trim(trimmer)).isZero();
    assertThat(rows(Rows.EXPIRY)).isEqualTo(2);
    nowMillis += 1;
    assertThat(trim(trimmer)).isEqualTo(1);
    assertThat(rows(Rows.EXPIRY)).isEqualTo(1);
    assertThat(rows(Rows.ENDED)).isEqualTo(1);
    assertThat(rows(Rows.DELIVERY)).isEqualTo(1);
    assertThat(rows(Rows.EVENT)).isEqualTo(1);
    nowMillis += KEEP.toMillis() + 1;
    trim(trimmer);
    for (Table table :
        new Table[] {
          Rows.ENDED, Rows.EXPIRY, Rows.BARE, Rows.DELIVERY, Rows.EVENT, Rows.FEED, Rows.FIND
        }) {
      assertThat(rows(table)).as("rows of %s", table.name()).isZero();
    }
    assertThat(fold.historyBytes()).isZero();
  }

  @Test
  void a_message_with_very_many_events_goes_by_and_by() {
    int recipients = 3;
    store(1, recipients);
    for (int i = 0; i < Timelines.EVENTS_MAX; i++) {
      apply(order(i % 2 == 0 ? OrderKind.HOLD : OrderKind.RESUME, 1, recipients));
    }
    apply(order(OrderKind.CANCEL, 1, recipients));
    end(2, 1);
    assertThat(rows(Rows.EVENT)).isEqualTo(recipients * (Timelines.EVENTS_MAX + 1) + 1);
    nowMillis += KEEP.toMillis() + 1;
    Trimmer trimmer = trimmer(Long.MAX_VALUE);
    int before = rows(Rows.EVENT);
    for (Optional<TrimHistory> next = trimmer.next(nowMillis, nowMillis);
        next.isPresent();
        next = trimmer.next(nowMillis, nowMillis)) {
      apply(Record.newBuilder().setTrimHistory(next.get()));
      trimmer.done();
      assertThat(before - rows(Rows.EVENT)).isBetween(0, next.get().getLimit());
      before = rows(Rows.EVENT);
    }
    assertThat(rows(Rows.EVENT)).isZero();
    assertThat(rows(Rows.EXPIRY)).isZero();
    assertThat(fold.historyBytes()).isZero();
  }

  @Test
  void keys_to_sign_with_go_with_the_end() {
    apply(
        Record.newBuilder()
            .setStoreMessage(
                StoreMessage.newBuilder()
                    .setId(new MessageId(1, 0).toByteString())
                    .setEnvelope(
                        Envelope.newBuilder()
                            .setSender("a@example.com")
                            .setDkim(DkimOrder.newBuilder().addKeys(DkimKey.getDefaultInstance())))
                    .addRecipients(
                        Recipient.newBuilder()
                            .setSeq(1)
                            .setAddress("r@example.com")
                            .setZone("default")
                            .setDomain("example.com"))));
    apply(
        Record.newBuilder()
            .setOrder(
                OrderDeliveries.newBuilder()
                    .setKind(OrderKind.CANCEL)
                    .addDeliveries(
                        DeliveryRef.newBuilder()
                            .setId(new MessageId(1, 0).toByteString())
                            .setSeq(1))));
    Envelope kept = Timelines.findEnded(new MessageId(1, 0), store).orElseThrow().getEnvelope();
    assertThat(kept.getSender()).isEqualTo("a@example.com");
    assertThat(kept.hasDkim()).isFalse();
  }

  @Test
  void
      with_too_many_bytes_the_oldest_timelines_go_yet_their_ids_are_remembered_for_as_long_as_promised() {
    for (int number = 1; number <= 400; number++) {
      nowMillis += 1_000;
      end(number, 1);
    }
    long bytesMax = fold.historyBytes() / 2;
    Trimmer trimmer = trimmer(bytesMax);
    assertThat(trim(trimmer)).isPositive();
    assertThat(fold.historyBytes()).isLessThanOrEqualTo(bytesMax).isGreaterThan(bytesMax / 3);
    int kept = rows(Rows.EXPIRY);
    assertThat(kept).isBetween(50, 200);
    assertThat(rows(Rows.FEED)).as("the stream keeps pace").isEqualTo(2 * kept);
    assertThat(rows(Rows.ENDED)).as("remembered ids").isEqualTo(400);
    assertThat(rows(Rows.BARE)).isEqualTo(400 - kept);
    assertThat(Timelines.findEnded(new MessageId(1, 0), store).map(EndedRow::isBare))
        .contains(true);
    assertThat(Timelines.findEnded(new MessageId(400, 0), store).map(EndedRow::isBare))
        .contains(false);
    nowMillis += HOUR + 1;
    trim(trimmer);
    assertThat(rows(Rows.ENDED)).isEqualTo(kept);
    assertThat(rows(Rows.BARE)).isZero();
  }

  @Test
  void many_messages_that_ended_at_one_moment_all_go_whatever_the_size_of_a_record() {
    for (int number = 1; number <= 1_203; number++) {
      end(number, number % 7 == 0 ? 3 : 1);
    }
    nowMillis += KEEP.toMillis() + 1;
    Trimmer trimmer = trimmer(Long.MAX_VALUE);
    assertThat(trim(trimmer)).isBetween(2, 10);
    assertThat(rows(Rows.EXPIRY) + rows(Rows.ENDED) + rows(Rows.FEED) + rows(Rows.EVENT)).isZero();
    assertThat(fold.historyBytes()).isZero();
  }

  /** A database in which everything is trimmed right before the stream is read. */
  private View trimmedMeanwhile() {
    return new View() {
      @Override
      public Optional<byte[]> get(Table table, byte[] key) {
        return store.get(table, key);
      }

      @Override
      public void scan(Table table, byte[] from, byte[] to, Visitor visitor) {
        nowMillis += KEEP.toMillis() + 1;
        trim(trimmer(Long.MAX_VALUE));
        store.scan(table, from, to, visitor);
      }

      @Override
      public void scanDown(Table table, byte[] from, byte[] to, Visitor visitor) {
        store.scanDown(table, from, to, visitor);
      }
    };
  }

  @Test
  void a_reader_of_the_stream_is_told_of_what_went_before_it_came_to_it() {
    end(1, 1);
    end(2, 1);
    ShardHistory.Place read = new ShardHistory.Place(1, 0);
    ShardHistory.Stretch before = new ShardHistory(store).stretch(read, 10);
    assertThat(before.places()).hasSize(3);
    assertThat(before.gap()).isFalse();
    assertThat(new ShardHistory(trimmedMeanwhile()).stretch(read, 10).gap()).isTrue();
    assertThat(new ShardHistory(store).stretch(read, 10).gap()).isTrue();
    assertThat(new ShardHistory(store).stretch(ShardHistory.Place.START, 10).gap()).isFalse();
  }

  @Test
  void keys_are_forgotten_a_day_after_their_message_however_many_and_nobody_looks_before_them() {
    for (int number = 1; number <= 1_003; number++) {
      apply(
          Record.newBuilder()
              .setStoreMessage(
                  StoreMessage.newBuilder()
                      .setId(new MessageId(number, 0).toByteString())
                      .setIdempotency(
                          IdempotencyKey.newBuilder()
                              .setHash(ByteString.copyFrom(Rows.millis(number))))
                      .addRecipients(
                          Recipient.newBuilder().setSeq(1).setZone("z").setDomain("d"))));
    }
    Trimmer trimmer = trimmer(Long.MAX_VALUE);
    nowMillis += Trimmer.KEYS_REMEMBERED.toMillis();
    assertThat(trimmer.nextKeys(nowMillis, nowMillis)).as("not older than a day").isEmpty();
    nowMillis += 1;
    long from = 0;
    for (Optional<ForgetKeys> next = trimmer.nextKeys(nowMillis, nowMillis);
        next.isPresent();
        next = trimmer.nextKeys(nowMillis, nowMillis)) {
      assertThat(next.get().getFromMillis()).isGreaterThanOrEqualTo(from);
      from = next.get().getFromMillis();
      apply(Record.newBuilder().setForgetKeys(next.get()));
      trimmer.keysDone();
    }
    assertThat(from).isPositive();
    assertThat(rows(Rows.KEY) + rows(Rows.KEY_AGE)).isZero();
  }

  @Test
  void a_new_leader_begins_from_the_rows_alone_and_finds_nothing_twice() {
    end(1, 1);
    nowMillis += KEEP.toMillis() + 1;
    assertThat(trim(trimmer(Long.MAX_VALUE))).isEqualTo(1);
    assertThat(trim(trimmer(Long.MAX_VALUE))).isZero();
    end(2, 1);
    nowMillis += KEEP.toMillis() + 1;
    assertThat(trim(trimmer(Long.MAX_VALUE))).isEqualTo(1);
    assertThat(rows(Rows.EXPIRY)).isZero();
  }
}
