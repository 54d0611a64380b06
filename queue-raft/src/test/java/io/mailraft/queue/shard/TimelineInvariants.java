package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.TrimHistory;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.EventKind;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredEvent;
import io.mailraft.api.stored.StoredHistory;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.View;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** What must hold of timelines, search and stream after every record, read from the rows alone. */
final class TimelineInvariants {
  private static final byte[] END = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

  private Map<MessageId, StoredMessage> kept = new TreeMap<>();

  /** An event as its key names it. */
  private record Place(long index, int ordinal) {}

  void check(View view, Entry entry, long index) {
    Map<MessageId, StoredMessage> now = messages(view);
    eventsAreInOrderAndEndOnce(view, now);
    searchFindsWhatIsKeptAndNothingElse(view, now);
    theStreamNamesEveryEventFromItsStart(view, now);
    bytesAreExact(view);
    timelinesGoOnlyWhenTheLeaderSaysSo(now, entry, index);
    kept = now;
  }

  /** Open messages, and ended ones with their timeline. */
  private static Map<MessageId, StoredMessage> messages(View view) {
    Map<MessageId, StoredMessage> found = new TreeMap<>();
    view.scan(
        Rows.MESSAGE,
        Rows.FIRST,
        END,
        (key, value) -> {
          MessageId id = Rows.lastMessage(key);
          found.put(id, Messages.find(id, view).orElseThrow());
          return true;
        });
    view.scan(
        Rows.ENDED,
        Rows.FIRST,
        END,
        (key, value) -> {
          MessageId id = Rows.lastMessage(key);
          StoredMessage ended = EndedRow.parse(id, value);
          byte[] byEnd = Rows.expiry(ended.getEndedMillis(), id);
          assertThat(view.get(Rows.EXPIRY, byEnd).isPresent())
              .as("%s has a timeline", id)
              .isEqualTo(!EndedRow.isBare(ended));
          assertThat(view.get(Rows.BARE, byEnd).isPresent())
              .as("%s has none", id)
              .isEqualTo(EndedRow.isBare(ended));
          if (!EndedRow.isBare(ended)) {
            found.put(id, ended);
          }
          return true;
        });
    return found;
  }

  private static void eventsAreInOrderAndEndOnce(View view, Map<MessageId, StoredMessage> now) {
    Map<MessageId, List<StoredEvent>> timelines = new TreeMap<>();
    view.scan(
        Rows.EVENT,
        Rows.FIRST,
        END,
        (key, value) -> {
          MessageId id = new MessageId(java.nio.ByteBuffer.wrap(key).getLong(), key[8] & 0xff);
          timelines.computeIfAbsent(id, _ -> new ArrayList<>()).add(Timelines.parse(id, value));
          return true;
        });
    assertThat(now.keySet()).as("messages of events").containsAll(timelines.keySet());
    List<MessageId> going = new ArrayList<>();
    now.forEach(
        (id, message) -> {
          List<StoredEvent> events = timelines.getOrDefault(id, List.of());
          assertThat(events)
              .isSortedAccordingTo((a, b) -> Long.compare(a.getStampMillis(), b.getStampMillis()));
          if (message.getEndedMillis() > 0 && events.size() < eventsOnce(view, id, message)) {
            going.add(id);
            return;
          }
          for (int seq = 1; seq <= message.getRecipients(); seq++) {
            checkDelivery(view, new DeliveryId(id, seq), events);
          }
        });
    // A timeline that goes goes from its oldest event on, perhaps in several records.
    assertThat(going).as("messages whose timeline is going").hasSizeLessThanOrEqualTo(1);
  }

  /** Events that the deliveries of a message came to have. */
  private static int eventsOnce(View view, MessageId id, StoredMessage message) {
    int events = 0;
    for (int seq = 1; seq <= message.getRecipients(); seq++) {
      events += Deliveries.find(new DeliveryId(id, seq), view).orElseThrow().getEvents();
    }
    return events;
  }

  private static void checkDelivery(View view, DeliveryId delivery, List<StoredEvent> all) {
    StoredDelivery row = Deliveries.find(delivery, view).orElseThrow();
    List<StoredEvent> events =
        all.stream().filter(event -> event.getSeq() == delivery.seq()).toList();
    assertThat(events).as("events of %s", delivery).hasSize(row.getEvents());
    List<StoredEvent> ends = events.stream().filter(TimelineInvariants::isEnd).toList();
    if (Deliveries.isOpen(row.getState())) {
      assertThat(ends).as("ends of %s", delivery).isEmpty();
    } else {
      assertThat(ends).as("ends of %s", delivery).hasSize(1);
      assertThat(events.getLast()).as("end of %s", delivery).isEqualTo(ends.getFirst());
      assertThat(ends.getFirst().getKind()).isEqualTo(Timelines.kind(row.getState()));
      assertThat(ends.getFirst().getStampMillis()).isEqualTo(row.getLastMillis());
    }
    // One that was to wait from the start has no event yet.
    if (row.getState() == DeliveryState.DELIVERY_DEFERRED && !events.isEmpty()) {
      assertThat(events.getLast().getKind()).isEqualTo(EventKind.EVENT_DEFERRED);
      assertThat(events.getLast().getNextMillis()).isEqualTo(row.getNextMillis());
    }
    long attempts = events.stream().filter(event -> event.getNumber() > 0).count();
    assertThat(attempts).as("attempts of %s", delivery).isEqualTo(row.getAttempts());
  }

  private static boolean isEnd(StoredEvent event) {
    return switch (event.getKind()) {
      case EVENT_DELIVERED, EVENT_BOUNCED, EVENT_EXPIRED, EVENT_CANCELLED -> true;
      case EVENT_ACCEPTED,
          EVENT_DEFERRED,
          EVENT_HELD,
          EVENT_RESUMED,
          EVENT_REROUTED,
          EVENT_KIND_UNSPECIFIED,
          UNRECOGNIZED ->
          false;
    };
  }

  private static void searchFindsWhatIsKeptAndNothingElse(
      View view, Map<MessageId, StoredMessage> now) {
    TreeSet<String> wanted = new TreeSet<>();
    now.forEach(
        (id, message) -> {
          List<StoredDelivery> deliveries = new ArrayList<>();
          for (int seq = 1; seq <= message.getRecipients(); seq++) {
            deliveries.add(Deliveries.find(new DeliveryId(id, seq), view).orElseThrow());
          }
          FindRow.keys(id, message, deliveries)
              .forEach(key -> wanted.add(HexFormat.of().formatHex(key)));
        });
    TreeSet<String> found = new TreeSet<>();
    view.scan(Rows.FIND, Rows.FIRST, END, (key, value) -> found.add(HexFormat.of().formatHex(key)));
    assertThat(found).as("rows of search").isEqualTo(wanted);
  }

  private static void theStreamNamesEveryEventFromItsStart(
      View view, Map<MessageId, StoredMessage> now) {
    Map<MessageId, TreeSet<String>> named = new TreeMap<>();
    view.scan(
        Rows.FEED,
        Rows.FIRST,
        END,
        (key, value) -> {
          for (int i = 0; i < FeedRow.size(value); i++) {
            named
                .computeIfAbsent(FeedRow.id(value, i), _ -> new TreeSet<>())
                .add(new Place(Rows.firstMillis(key), i).toString());
          }
          return true;
        });
    long start = history(view).getFeedStart();
    now.forEach(
        (id, message) -> {
          TreeSet<String> places = named.getOrDefault(id, new TreeSet<>());
          if (message.getIndex() >= start) {
            assertThat(places)
                .as("acceptance of %s", id)
                .contains(new Place(message.getIndex(), message.getOrdinal()).toString());
          }
          view.scan(
              Rows.EVENT,
              Rows.eventFirst(id),
              Rows.eventEnd(id),
              (key, value) -> {
                Place place = new Place(Rows.eventIndex(key), Rows.eventOrdinal(key));
                if (place.index() >= start) {
                  assertThat(places).as("event of %s", id).contains(place.toString());
                }
                return true;
              });
        });
  }

  private static StoredHistory history(View view) {
    return view.get(Rows.HISTORY, Rows.FIRST_ROW)
        .map(Timelines::parseHistory)
        .orElseGet(StoredHistory::getDefaultInstance);
  }

  private static void bytesAreExact(View view) {
    long[] bytes = {0};
    for (var table : List.of(Rows.EVENT, Rows.FEED, Rows.FIND, Rows.EXPIRY)) {
      view.scan(
          table,
          Rows.FIRST,
          END,
          (key, value) -> {
            bytes[0] += key.length + value.length;
            return true;
          });
    }
    view.scan(
        Rows.ENDED,
        Rows.FIRST,
        END,
        (key, value) -> {
          boolean bare = EndedRow.isBare(EndedRow.parse(Rows.lastMessage(key), value));
          bytes[0] += bare ? 0 : key.length + value.length;
          return true;
        });
    view.scan(
        Rows.DELIVERY,
        Rows.FIRST,
        END,
        (key, value) -> {
          Optional<StoredDelivery> row = Deliveries.find(Rows.lastDelivery(key), view);
          boolean open = Deliveries.isOpen(row.orElseThrow().getState());
          bytes[0] += open ? 0 : key.length + value.length;
          return true;
        });
    assertThat(history(view).getBytes()).as("bytes of timelines").isEqualTo(bytes[0]);
  }

  private void timelinesGoOnlyWhenTheLeaderSaysSo(
      Map<MessageId, StoredMessage> now, Entry entry, long index) {
    long before = 0;
    for (Record record : entry.getRecordsList()) {
      TrimHistory trim = record.getTrimHistory();
      before = Math.max(before, trim.getTimelinesBeforeMillis());
    }
    for (Map.Entry<MessageId, StoredMessage> was : kept.entrySet()) {
      if (!now.containsKey(was.getKey())) {
        assertThat(was.getValue().getEndedMillis())
            .as("end of %s, which is gone since record %d", was.getKey(), index)
            .isPositive()
            .isLessThan(before);
      }
    }
  }
}
