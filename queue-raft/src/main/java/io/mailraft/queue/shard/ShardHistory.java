package io.mailraft.queue.shard;

import io.mailraft.api.stored.EventKind;
import io.mailraft.api.stored.StoredEvent;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What one shard keeps of its messages for people who look: timelines, the stream of events, rows
 * of search. Reads only, each call a bounded number of rows.
 */
public final class ShardHistory {
  private final View view;

  /** Reads the state that a group has applied. */
  public ShardHistory(View view) {
    this.view = view;
  }

  /**
   * A place in a shard's log, between the events of its entries.
   *
   * @param index log index of an entry
   * @param ordinal number of an event in it, from 0; -1: before all of them
   */
  public record Place(long index, int ordinal) implements Comparable<Place> {
    /** Before everything. */
    public static final Place START = new Place(0, -1);

    @Override
    public int compareTo(Place other) {
      int byIndex = Long.compare(index, other.index);
      return byIndex != 0 ? byIndex : Integer.compare(ordinal, other.ordinal);
    }
  }

  /** An event and where it stands. */
  public record Event(MessageId message, Place place, StoredEvent what) {}

  /**
   * A stretch of the stream.
   *
   * @param places the events of its entries: where, and of which message
   * @param end where the next stretch begins
   */
  public record Stretch(List<Named> places, Place end) {}

  /** An event as the stream names it. */
  public record Named(MessageId message, Place place) {}

  /**
   * A message that search has come upon.
   *
   * @param seq the delivery that it came upon; 0: none in particular
   */
  public record Found(MessageId message, int seq) {}

  /** Where search reads. */
  public sealed interface Source {
    /** Open messages. */
    record Open() implements Source {}

    /** Ended messages whose timeline is kept. */
    record Ended() implements Source {}

    /** Messages of a sender. */
    record Sender(String address) implements Source {}

    /** Messages to a recipient. */
    record Recipient(String address) implements Source {}

    /** Messages with a tag. */
    record Tag(String tag) implements Source {}
  }

  /** The facts of an open message, or of an ended one whose timeline is kept. */
  public Optional<StoredMessage> message(MessageId id) {
    return Messages.find(id, view)
        .or(() -> Timelines.findEnded(id, view).filter(ended -> !EndedRow.isBare(ended)));
  }

  /**
   * Events of a message in their order.
   *
   * @param after the place behind which to begin
   * @param limit most events
   */
  public List<Event> events(MessageId id, StoredMessage facts, Place after, int limit) {
    List<Event> found = new ArrayList<>();
    Place accepted = accepted(facts);
    if (accepted.compareTo(after) > 0) {
      found.add(new Event(id, accepted, acceptance(facts)));
    }
    if (found.size() < limit) {
      view.scan(
          Rows.EVENT,
          Rows.after(Rows.event(id, after.index(), after.ordinal())),
          Rows.eventEnd(id),
          (key, value) -> {
            Place place = new Place(Rows.eventIndex(key), Rows.eventOrdinal(key));
            if (place.compareTo(after) > 0) {
              found.add(new Event(id, place, Timelines.parse(id, value)));
            }
            return found.size() < limit;
          });
    }
    return found;
  }

  /** What happened at a place of the stream; empty where that is not kept any longer. */
  public Optional<Event> event(Named named, StoredMessage facts) {
    Place place = named.place();
    if (accepted(facts).equals(place)) {
      return Optional.of(new Event(named.message(), place, acceptance(facts)));
    }
    return view.get(Rows.EVENT, Rows.event(named.message(), place.index(), place.ordinal()))
        .map(row -> new Event(named.message(), place, Timelines.parse(named.message(), row)));
  }

  private static Place accepted(StoredMessage facts) {
    return new Place(facts.getIndex(), facts.getOrdinal());
  }

  private static StoredEvent acceptance(StoredMessage facts) {
    return StoredEvent.newBuilder()
        .setKind(EventKind.EVENT_ACCEPTED)
        .setStampMillis(facts.getEnvelope().getAcceptedMillis())
        .build();
  }

  /**
   * A stretch of the stream.
   *
   * @param after the place behind which it begins
   * @param limit most events
   */
  public Stretch stretch(Place after, int limit) {
    List<Named> places = new ArrayList<>();
    Place[] end = {after};
    view.scan(
        Rows.FEED,
        Rows.millis(after.index()),
        Rows.millis(-1),
        (key, value) -> {
          long index = Rows.firstMillis(key);
          int from = index == after.index() ? (int) Math.min(1L + after.ordinal(), 1 << 30) : 0;
          for (int i = from; i < FeedRow.size(value) && places.size() < limit; i++) {
            end[0] = new Place(index, i);
            places.add(new Named(FeedRow.id(value, i), end[0]));
          }
          return places.size() < limit;
        });
    return new Stretch(places, end[0]);
  }

  /** Least log index of which the stream holds events. */
  public long streamStart() {
    return view.get(Rows.HISTORY, Rows.FIRST_ROW)
        .map(row -> Timelines.parseHistory(row).getFeedStart())
        .orElse(0L);
  }

  /**
   * Messages of a source, the newest first.
   *
   * @param from least id
   * @param before id behind the newest one that is wanted
   * @param limit most rows
   */
  public List<Found> find(Source source, MessageId from, MessageId before, int limit) {
    return switch (source) {
      case Source.Open() -> table(Rows.MESSAGE, from, before, limit);
      case Source.Ended() -> table(Rows.ENDED, from, before, limit);
      case Source.Sender(String address) -> find(FindRow.Kind.SENDER, address, from, before, limit);
      case Source.Recipient(String address) ->
          find(FindRow.Kind.RECIPIENT, address, from, before, limit);
      case Source.Tag(String tag) -> find(FindRow.Kind.TAG, tag, from, before, limit);
    };
  }

  private List<Found> table(Table table, MessageId from, MessageId before, int limit) {
    List<Found> found = new ArrayList<>();
    view.scanDown(
        table,
        Rows.message(from),
        Rows.message(before),
        (key, value) -> {
          found.add(new Found(Rows.lastMessage(key), 0));
          return found.size() < limit;
        });
    return found;
  }

  private List<Found> find(
      FindRow.Kind kind, String value, MessageId from, MessageId before, int limit) {
    List<Found> found = new ArrayList<>();
    view.scanDown(
        Rows.FIND,
        FindRow.key(kind, value, from, 0),
        FindRow.key(kind, value, before, 0),
        (key, none) -> {
          byte[] tail = Arrays.copyOfRange(key, key.length - MessageId.BYTES - 4, key.length);
          int seq = ByteBuffer.wrap(tail).getInt(MessageId.BYTES);
          found.add(new Found(Rows.lastDelivery(tail).message(), seq));
          return found.size() < limit;
        });
    return found;
  }

  /** Whether two addresses or tags are one to search. */
  public static boolean same(String one, String other) {
    return FindRow.same(one, other);
  }
}
