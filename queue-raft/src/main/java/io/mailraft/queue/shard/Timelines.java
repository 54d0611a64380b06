package io.mailraft.queue.shard;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.TrimHistory;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.EventKind;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredEvent;
import io.mailraft.api.stored.StoredHistory;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.View;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What happened to the messages of a shard, as rows beside them.
 *
 * <p>An event is one row, under its message's id and the place in the log at which it happened, so
 * that a message's timeline is a stretch of rows and is written by appending alone. Acceptance
 * needs none: the message's own row tells it. Each entry has one more row that names the messages
 * of its events in their order; these rows together are the stream of events. Rows of search lead
 * from the hash of a sender, recipient or tag to messages.
 *
 * <p>All of it is counted in bytes, exactly, and goes with its message when the leader says so, the
 * oldest end first. Used by the apply thread; {@link #bytes} by any.
 */
final class Timelines {
  /** Most events of one delivery that are kept, its end aside: repeated orders are not free. */
  static final int EVENTS_MAX = 1_000;

  private final List<MessageId> feed = new ArrayList<>();
  private Position at = Position.START;
  private boolean touched;
  private volatile long bytes;
  private long feedStart;

  /** Of the message whose events are being dropped: there are none before this row. */
  private Optional<byte[]> droppedUntil = Optional.empty();

  void load(View view) {
    feed.clear();
    touched = false;
    droppedUntil = Optional.empty();
    StoredHistory row =
        view.get(Rows.HISTORY, Rows.FIRST_ROW)
            .map(Timelines::parseHistory)
            .orElseGet(StoredHistory::getDefaultInstance);
    bytes = row.getBytes();
    feedStart = row.getFeedStart();
  }

  /** Bytes of all rows that are kept for timelines, search and stream. */
  long bytes() {
    return bytes;
  }

  /** An entry begins. */
  void begin(Position entry) {
    at = entry;
    feed.clear();
  }

  /** Writes what the entry as a whole leaves. */
  void write(Batch batch) {
    if (!feed.isEmpty()) {
      byte[] value = FeedRow.of(at.stampMillis(), feed);
      batch.put(Rows.FEED, Rows.millis(at.index()), value);
      count(Long.BYTES + value.length);
      feed.clear();
    }
    if (touched) {
      touched = false;
      batch.put(
          Rows.HISTORY,
          Rows.FIRST_ROW,
          StoredHistory.newBuilder().setBytes(bytes).setFeedStart(feedStart).build().toByteArray());
    }
  }

  /** Adds a message to the stream and to search; gives its row place and time of its acceptance. */
  StoredMessage accepted(
      MessageId id, StoredMessage message, List<StoredDelivery> deliveries, Batch batch) {
    StoredMessage placed =
        message.toBuilder()
            .setIndex(at.index())
            .setOrdinal(feed.size())
            .setStampMillis(at.stampMillis())
            .build();
    feed.add(id);
    for (byte[] key : FindRow.keys(id, message, deliveries)) {
      batch.put(Rows.FIND, key, Rows.NONE);
      count(key.length);
    }
    return placed;
  }

  /**
   * Appends an event of a delivery, unless it has too many.
   *
   * @param before events that it has
   * @param closing whether it is the last one, which is kept in any case
   * @return events that it has from here on
   */
  int add(
      DeliveryId delivery, int before, StoredEvent.Builder event, boolean closing, Batch batch) {
    if (before >= EVENTS_MAX && !closing) {
      return before;
    }
    byte[] key = Rows.event(delivery.message(), at.index(), feed.size());
    byte[] value =
        event
            .setSeq(delivery.seq())
            .setStampMillis(at.stampMillis())
            .setCut(before >= EVENTS_MAX)
            .build()
            .toByteArray();
    feed.add(delivery.message());
    batch.put(Rows.EVENT, key, value);
    count((long) key.length + value.length);
    return before + 1;
  }

  /** The row of a delivery that has ended, which from here on counts. */
  void ended(byte[] key, byte[] row) {
    count((long) key.length + row.length);
  }

  /** What an outcome tells of its attempt. */
  static StoredEvent.Builder attempt(Outcome outcome, int node) {
    StoredEvent.Builder event =
        StoredEvent.newBuilder()
            .setReply(outcome.getReply())
            .setSource(outcome.getSource())
            .setHost(outcome.getHost())
            .setNode(node);
    if (outcome.hasAttempt()) {
      event.setAttempt(outcome.getAttempt());
    }
    return event;
  }

  static EventKind kind(DeliveryState end) {
    return switch (end) {
      case END_DELIVERED -> EventKind.EVENT_DELIVERED;
      case END_BOUNCED -> EventKind.EVENT_BOUNCED;
      case END_EXPIRED -> EventKind.EVENT_EXPIRED;
      case END_CANCELLED -> EventKind.EVENT_CANCELLED;
      case QUEUED, DELIVERY_DEFERRED, HELD, DELIVERY_STATE_UNSPECIFIED, UNRECOGNIZED ->
          throw new FoldException(end + " is no end");
    };
  }

  /** Keeps the facts of a message whose last delivery has ended. */
  void messageEnded(MessageId id, StoredMessage message, long stampMillis, Batch batch) {
    byte[] key = Rows.message(id);
    byte[] facts = EndedRow.of(message, stampMillis).toByteArray();
    batch.put(Rows.ENDED, key, facts);
    byte[] expiry = Rows.expiry(stampMillis, id);
    byte[] recipients = Rows.number(message.getRecipients());
    batch.put(Rows.EXPIRY, expiry, recipients);
    count((long) key.length + facts.length + expiry.length + recipients.length);
  }

  /** Drops what the leader says; says how many messages and rows. */
  int trim(TrimHistory record, Batch batch) {
    int limit = record.getLimit();
    return dropTimelines(
            record.getTimelinesFromMillis(),
            record.getTimelinesBeforeMillis(),
            record.getIdsBeforeMillis(),
            limit,
            batch)
        + forgetIds(record.getIdsFromMillis(), record.getIdsBeforeMillis(), limit, batch)
        + trimFeed(record.getFeedFromIndex(), record.getFeedBeforeIndex(), limit, batch);
  }

  private int dropTimelines(
      long fromMillis, long beforeMillis, long idsBeforeMillis, int limit, Batch batch) {
    List<byte[]> keys = new ArrayList<>();
    int[] weight = {0};
    batch.scan(
        Rows.EXPIRY,
        Rows.millis(fromMillis),
        Rows.millis(beforeMillis),
        (key, value) -> {
          keys.add(key);
          weight[0] += Math.max(1, Rows.number(value));
          return weight[0] < limit;
        });
    int dropped = 0;
    int events = 0;
    for (byte[] key : keys) {
      // A record before this one in its entry may have dropped it: scans do not see that.
      if (batch.get(Rows.EXPIRY, key).isEmpty()) {
        continue;
      }
      events += dropEvents(Rows.lastMessage(key), limit - events, batch);
      if (events >= limit) {
        // A message with many recipients, each tried for days, has millions: the next record goes
        // on with it.
        break;
      }
      drop(key, Rows.firstMillis(key) < idsBeforeMillis, batch);
      dropped++;
    }
    return dropped + events;
  }

  /**
   * Drops a message's events, the oldest first, so many at most; says how many. It goes on where it
   * stopped, or each record would walk over the tombstones of all before it.
   */
  private int dropEvents(MessageId id, int most, Batch batch) {
    byte[] first = Rows.eventFirst(id);
    byte[] end = Rows.eventEnd(id);
    byte[] from =
        droppedUntil
            .filter(row -> Arrays.compareUnsigned(row, first) >= 0)
            .filter(row -> Arrays.compareUnsigned(row, end) < 0)
            .orElse(first);
    int[] dropped = {0};
    batch.scan(
        Rows.EVENT,
        from,
        end,
        (event, value) -> {
          droppedUntil = Optional.of(event);
          if (batch.get(Rows.EVENT, event).isPresent()) {
            batch.delete(Rows.EVENT, event);
            count(-((long) event.length + value.length));
            dropped[0]++;
          }
          return dropped[0] < most;
        });
    return dropped[0];
  }

  /** Drops what a message has besides its events. */
  private void drop(byte[] expiry, boolean idToo, Batch batch) {
    MessageId id = Rows.lastMessage(expiry);
    byte[] key = Rows.message(id);
    byte[] row =
        batch
            .get(Rows.ENDED, key)
            .orElseThrow(() -> new FoldException("there is no row of the ended message " + id));
    StoredMessage facts = EndedRow.parse(id, row);
    List<StoredDelivery> deliveries = new ArrayList<>();
    for (int seq = 1; seq <= facts.getRecipients(); seq++) {
      DeliveryId delivery = new DeliveryId(id, seq);
      byte[] deliveryKey = Rows.delivery(delivery);
      StoredDelivery found =
          Deliveries.find(delivery, batch)
              .orElseThrow(() -> new FoldException("there is no row of delivery " + delivery));
      deliveries.add(found);
      batch.delete(Rows.DELIVERY, deliveryKey);
      count(-((long) deliveryKey.length + found.getSerializedSize()));
    }
    for (byte[] find : FindRow.keys(id, facts, deliveries)) {
      batch.delete(Rows.FIND, find);
      count(-find.length);
    }
    batch.delete(Rows.EXPIRY, expiry);
    batch.delete(Rows.ENDED, key);
    count(-((long) expiry.length + Integer.BYTES + key.length + row.length));
    if (!idToo) {
      long ended = facts.getEndedMillis();
      batch.put(
          Rows.ENDED, key, StoredMessage.newBuilder().setEndedMillis(ended).build().toByteArray());
      batch.put(Rows.BARE, Rows.expiry(ended, id), Rows.NONE);
    }
  }

  private static int forgetIds(long fromMillis, long beforeMillis, int limit, Batch batch) {
    List<byte[]> keys = new ArrayList<>();
    batch.scan(
        Rows.BARE,
        Rows.millis(fromMillis),
        Rows.millis(beforeMillis),
        (key, value) -> {
          keys.add(key);
          return keys.size() < limit;
        });
    int forgotten = 0;
    for (byte[] key : keys) {
      if (batch.get(Rows.BARE, key).isPresent()) {
        batch.delete(Rows.BARE, key);
        batch.delete(Rows.ENDED, Rows.message(Rows.lastMessage(key)));
        forgotten++;
      }
    }
    return forgotten;
  }

  private int trimFeed(long fromIndex, long beforeIndex, int limit, Batch batch) {
    int[] trimmed = {0};
    long[] next = {beforeIndex};
    batch.scan(
        Rows.FEED,
        Rows.millis(fromIndex),
        Rows.millis(beforeIndex),
        (key, value) -> {
          if (batch.get(Rows.FEED, key).isPresent()) {
            batch.delete(Rows.FEED, key);
            count(-((long) key.length + value.length));
            trimmed[0]++;
          }
          if (trimmed[0] < limit) {
            return true;
          }
          next[0] = ByteBuffer.wrap(key).getLong() + 1;
          return false;
        });
    if (next[0] > feedStart) {
      feedStart = next[0];
      touched = true;
    }
    return trimmed[0];
  }

  private void count(long change) {
    long after = bytes + change;
    if (after < 0) {
      throw new FoldException("the bytes of timelines would become " + after);
    }
    bytes = after;
    touched = true;
  }

  static StoredHistory parseHistory(byte[] row) {
    try {
      return StoredHistory.parseFrom(row);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("the row of the history cannot be read", e);
    }
  }

  static StoredEvent parse(MessageId id, byte[] row) {
    try {
      return StoredEvent.parseFrom(row);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("an event of message " + id + " cannot be read", e);
    }
  }

  /**
   * What is kept of an ended message: its facts, or its end alone; empty where there is nothing.
   */
  static Optional<StoredMessage> findEnded(MessageId id, View view) {
    return view.get(Rows.ENDED, Rows.message(id)).map(row -> EndedRow.parse(id, row));
  }
}
