package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The tables of a shard and the keys of their rows. Numbers in keys are big endian, so that rows
 * sort by them.
 *
 * <pre>
 * message   id                          StoredMessage      open messages
 * body      id, chunk number            BodyRow            content, until the message ends
 * upload    id                          StoredUpload       chunks that are not visible yet
 * open      id                          int                open deliveries, where a message has several
 * delivery  id, seq                     StoredDelivery     open ones, and ended ones with a timeline
 * ready     zone 0 domain 0 id, seq     since              queued deliveries, oldest message first
 * claim     id, seq                     StoredClaim        claimed deliveries
 * due       millis, id, seq             zone 0 domain, 0, since   deferred deliveries by the time of their next attempt
 * ended     id                          StoredMessage      what is kept of ended messages, or their end alone
 * expiry    millis, id                  recipients (int)   those with a timeline by the time of their end
 * bare      millis, id                  -                  those without one
 * event     id, log index, ordinal      StoredEvent        timelines
 * feed      log index                   FeedRow            the events of an entry in their order
 * find      FindRow                     -                  messages by sender, recipient, tag
 * history   1                           StoredHistory      totals of the five above
 * counter   zone 0 domain               StoredCounter
 * fence     node number                 StoredFence
 * key       hash                        stem, fingerprint  idempotency keys that are still remembered
 * key-age   millis, hash                -                  the same by the time of their message
 * </pre>
 *
 * <p>{@code since} is since when a delivery waits for an attempt, where its message was to be sent
 * later; it is left out for all others.
 */
final class Rows {
  static final Table MESSAGE = new Table("message", Removal.ONCE, false);
  static final Table BODY = new Table("body", Removal.ONCE, true);
  static final Table UPLOAD = new Table("upload", Removal.ANY, false);
  static final Table OPEN = new Table("open", Removal.ANY, false);
  static final Table DELIVERY = new Table("delivery", Removal.ANY, false);
  static final Table READY = Table.queue("ready");
  static final Table CLAIM = Table.queue("claim");
  static final Table DUE = Table.queue("due");
  static final Table ENDED = new Table("ended", Removal.ONCE, false);
  static final Table EXPIRY = Table.queue("expiry");
  static final Table BARE = Table.queue("bare");
  static final Table EVENT = new Table("event", Removal.ONCE, false);
  static final Table FEED = Table.queue("feed");
  static final Table FIND = new Table("find", Removal.ONCE, false);
  static final Table HISTORY = new Table("history", Removal.ANY, false);
  static final Table COUNTER = new Table("counter", Removal.ANY, false);
  static final Table FENCE = new Table("fence", Removal.ANY, false);
  static final Table KEY = new Table("key", Removal.ONCE, false);
  static final Table KEY_AGE = Table.queue("key-age");

  static final List<Table> ALL =
      List.of(
          MESSAGE, BODY, UPLOAD, OPEN, DELIVERY, READY, CLAIM, DUE, ENDED, EXPIRY, BARE, EVENT,
          FEED, FIND, HISTORY, COUNTER, FENCE, KEY, KEY_AGE);

  static final byte[] NONE = new byte[0];
  static final byte[] FIRST = new byte[0];
  static final byte[] FIRST_ROW = {1};

  private static final int ID = MessageId.BYTES;
  private static final int EVENT_BYTES = ID + Long.BYTES + Integer.BYTES;

  private Rows() {}

  static byte[] message(MessageId id) {
    return putId(ByteBuffer.allocate(ID), id).array();
  }

  static byte[] body(MessageId id, int chunk) {
    return putId(ByteBuffer.allocate(ID + 4), id).putInt(chunk).array();
  }

  static byte[] delivery(DeliveryId delivery) {
    return putDelivery(ByteBuffer.allocate(ID + 4), delivery).array();
  }

  static byte[] lane(Lane lane) {
    return (lane.zone() + '\0' + lane.domain()).getBytes(StandardCharsets.UTF_8);
  }

  static Lane lane(byte[] row) {
    String text = new String(row, StandardCharsets.UTF_8);
    int zero = text.indexOf('\0');
    return new Lane(text.substring(0, zero), text.substring(zero + 1));
  }

  /** First key of a lane in {@link #READY}. */
  static byte[] readyFirst(Lane lane) {
    byte[] prefix = lane(lane);
    return Arrays.copyOf(prefix, prefix.length + 1);
  }

  /** Key behind the last one of a lane in {@link #READY}. */
  static byte[] readyEnd(Lane lane) {
    byte[] end = readyFirst(lane);
    end[end.length - 1] = 1;
    return end;
  }

  /** First key of a zone in {@link #READY}. */
  static byte[] zoneFirst(String zone) {
    return (zone + '\0').getBytes(StandardCharsets.UTF_8);
  }

  /** Key behind the last one of a zone in {@link #READY}. */
  static byte[] zoneEnd(String zone) {
    byte[] end = zoneFirst(zone);
    end[end.length - 1] = 1;
    return end;
  }

  /**
   * Value of a row of {@link #READY}.
   *
   * @param sinceMillis as in {@link io.mailraft.api.stored.StoredDelivery}
   */
  static byte[] readyValue(long sinceMillis) {
    return sinceMillis == 0 ? NONE : millis(sinceMillis);
  }

  /** Since when, as a value of {@link #READY} has it. */
  static long readySince(byte[] value) {
    return value.length == 0 ? 0 : firstMillis(value);
  }

  /**
   * Value of a row of {@link #DUE}.
   *
   * @param sinceMillis as in {@link io.mailraft.api.stored.StoredDelivery}
   */
  static byte[] dueValue(Lane lane, long sinceMillis) {
    byte[] name = lane(lane);
    return sinceMillis == 0
        ? name
        : ByteBuffer.allocate(name.length + 1 + Long.BYTES)
            .put(name)
            .put((byte) 0)
            .putLong(sinceMillis)
            .array();
  }

  /** The lane in a value of {@link #DUE}. */
  static Lane dueLane(byte[] value) {
    return lane(Arrays.copyOf(value, dueLaneBytes(value)));
  }

  /** Since when, as a value of {@link #DUE} has it. */
  static long dueSince(byte[] value) {
    int end = dueLaneBytes(value);
    return end == value.length ? 0 : ByteBuffer.wrap(value).getLong(end + 1);
  }

  /** Bytes up to the second zero, which no zone or domain holds. */
  private static int dueLaneBytes(byte[] value) {
    int zeros = 0;
    for (int i = 0; i < value.length; i++) {
      zeros += value[i] == 0 ? 1 : 0;
      if (zeros == 2) {
        return i;
      }
    }
    return value.length;
  }

  /** The lane at the start of a key of {@link #READY}. */
  static Lane readyLane(byte[] key) {
    return lane(Arrays.copyOf(key, key.length - ID - 4 - 1));
  }

  static byte[] ready(Lane lane, DeliveryId delivery) {
    byte[] prefix = readyFirst(lane);
    return putDelivery(ByteBuffer.allocate(prefix.length + ID + 4).put(prefix), delivery).array();
  }

  static byte[] due(long millis, DeliveryId delivery) {
    return putDelivery(ByteBuffer.allocate(8 + ID + 4).putLong(millis), delivery).array();
  }

  static byte[] millis(long millis) {
    return ByteBuffer.allocate(8).putLong(millis).array();
  }

  static byte[] expiry(long millis, MessageId id) {
    return putId(ByteBuffer.allocate(8 + ID).putLong(millis), id).array();
  }

  static byte[] keyAge(long millis, ByteString hash) {
    ByteBuffer key = ByteBuffer.allocate(8 + hash.size()).putLong(millis);
    hash.copyTo(key);
    return key.array();
  }

  /** The hash at the end of a key of {@link #KEY_AGE}. */
  static byte[] lastKey(byte[] age) {
    return Arrays.copyOfRange(age, 8, age.length);
  }

  static byte[] event(MessageId id, long index, int ordinal) {
    return putId(ByteBuffer.allocate(EVENT_BYTES), id).putLong(index).putInt(ordinal).array();
  }

  /** First key of a message's events. */
  static byte[] eventFirst(MessageId id) {
    return message(id);
  }

  /** Key behind the last one of a message's events. */
  static byte[] eventEnd(MessageId id) {
    return event(id, -1, -1);
  }

  /** The log index in a key of {@link #EVENT}. */
  static long eventIndex(byte[] key) {
    return ByteBuffer.wrap(key).getLong(ID);
  }

  /** The ordinal in a key of {@link #EVENT}. */
  static int eventOrdinal(byte[] key) {
    return ByteBuffer.wrap(key).getInt(ID + Long.BYTES);
  }

  static byte[] number(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  static int number(byte[] row) {
    return ByteBuffer.wrap(row).getInt();
  }

  static long firstMillis(byte[] key) {
    return ByteBuffer.wrap(key).getLong();
  }

  /**
   * The delivery at the end of a key of {@link #READY}, {@link #DUE}, {@link #CLAIM} or {@link
   * #DELIVERY}.
   */
  static DeliveryId lastDelivery(byte[] key) {
    ByteBuffer tail = ByteBuffer.wrap(key, key.length - ID - 4, ID + 4);
    return new DeliveryId(new MessageId(tail.getLong(), tail.get() & 0xff), tail.getInt());
  }

  /** The message at the end of a key of {@link #EXPIRY} or {@link #UPLOAD}. */
  static MessageId lastMessage(byte[] key) {
    ByteBuffer tail = ByteBuffer.wrap(key, key.length - ID, ID);
    return new MessageId(tail.getLong(), tail.get() & 0xff);
  }

  /** The least key that is greater than the given one. */
  static byte[] after(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }

  private static ByteBuffer putId(ByteBuffer out, MessageId id) {
    return out.putLong(id.stem()).put((byte) id.shard());
  }

  private static ByteBuffer putDelivery(ByteBuffer out, DeliveryId delivery) {
    return putId(out, delivery.message()).putInt(delivery.seq());
  }
}
