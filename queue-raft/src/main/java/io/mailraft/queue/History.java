package io.mailraft.queue;

import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.shard.ShardHistory;
import io.mailraft.queue.shard.ShardHistory.Place;
import io.mailraft.queue.shard.ShardHistory.Stretch;
import io.mailraft.queue.shard.ShardRows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * What happened to the messages of the whole cluster, from this node's own replicas: timelines, a
 * search, and the stream of events. Changes nothing.
 *
 * <p>An ended message is known as long as its timeline is kept. Safe for any thread; calls read the
 * disk, each a bounded number of rows.
 */
public final class History {
  /** Most rows of one page. */
  public static final int PAGE_MAX = 1000;

  private final Replicas replicas;
  private final Inspection inspection;

  History(Replicas replicas, Inspection inspection) {
    this.replicas = replicas;
    this.inspection = inspection;
  }

  /** A message, open or ended. One that was accepted a moment ago is waited for. */
  public Optional<KeptMessage> message(MessageId id) {
    Optional<KeptMessage> kept = find(id);
    if (kept.isEmpty()) {
      // Waits; and what came in the meantime may have ended in the meantime, too.
      var _ = inspection.message(id);
      return find(id);
    }
    return kept;
  }

  Optional<KeptMessage> find(MessageId id) {
    return id.shard() < replicas.shards().size()
        ? shard(id.shard()).message(id).map(facts -> kept(id, facts))
        : Optional.empty();
  }

  private static KeptMessage kept(MessageId id, StoredMessage facts) {
    return new KeptMessage(
        id,
        facts.getEnvelope(),
        facts.getBodyBytes(),
        facts.getRecipients(),
        facts.getEndedMillis() == 0
            ? OptionalLong.empty()
            : OptionalLong.of(facts.getEndedMillis()));
  }

  /**
   * Deliveries of a message in the order of their numbers.
   *
   * @param fromSeq least number
   * @param limit most of them, 1 to {@link #PAGE_MAX}
   */
  public List<ListedDelivery> deliveries(MessageId id, int fromSeq, int limit) {
    return inspection.deliveries(id, fromSeq, limit);
  }

  /**
   * Events of a message in their order.
   *
   * @param after empty to begin with the first; or {@link MessageEvent#place}, to begin behind it
   * @param limit most events, 1 to {@link #PAGE_MAX}
   * @throws IllegalArgumentException if {@code after} is anything else; the message says so
   */
  public EventPage events(MessageId id, String after, int limit) {
    Place from = after.isEmpty() ? Place.START : StreamPlace.parse(after).of(0);
    if (id.shard() >= replicas.shards().size()) {
      return new EventPage(List.of(), Optional.empty());
    }
    ShardHistory shard = shard(id.shard());
    Optional<StoredMessage> facts = shard.message(id);
    if (facts.isEmpty()) {
      return new EventPage(List.of(), Optional.empty());
    }
    KeptMessage message = kept(id, facts.get());
    Function<Integer, String> recipients = recipients(id);
    List<MessageEvent> events =
        shard.events(id, facts.get(), from, limit).stream()
            .map(event -> shown(message, event, recipients))
            .toList();
    return new EventPage(
        events, events.size() < limit ? Optional.empty() : Optional.of(events.getLast().place()));
  }

  private static MessageEvent shown(
      KeptMessage message, ShardHistory.Event event, Function<Integer, String> recipients) {
    return new MessageEvent(
        message,
        StreamPlace.format(event.place()),
        event.what().getSeq() == 0 ? "" : recipients.apply(event.what().getSeq()),
        event.what());
  }

  private Function<Integer, String> recipients(MessageId id) {
    Map<Integer, String> known = new HashMap<>();
    return seq ->
        known.computeIfAbsent(
            seq,
            number ->
                rows(id.shard()).deliveries(id, number, 1).stream()
                    .findFirst()
                    .map(row -> row.delivery().getAddress())
                    .orElse(""));
  }

  /**
   * A page of messages, the newest first.
   *
   * @param start empty for the first page, or {@link MessagePage#next} of the last one
   * @param limit most messages, 1 to {@link #PAGE_MAX}
   */
  public MessagePage search(MessageQuery query, Optional<MessageId> start, int limit) {
    List<ShardHistory> shards = new ArrayList<>();
    for (int number = 0; number < replicas.shards().size(); number++) {
      shards.add(shard(number));
    }
    return new Search(this, shards, query, limit).page(start);
  }

  /** The place behind everything that this node has applied. */
  public StreamPlace now() {
    return new StreamPlace(
        replicas.shards().stream()
            .map(shard -> new Place(group(shard.number()).applied().index() + 1, -1))
            .toList());
  }

  /**
   * A part of the stream of events, those that this node has applied.
   *
   * @param after the place behind which it begins
   * @param limit most events
   * @param first number of the shard to begin with: one after the other, or a reader that is slower
   *     than one shard's events would never see those of the others
   */
  StreamPage stream(StreamPlace after, int limit, int first) {
    List<StreamPage.Item> items = new ArrayList<>();
    StreamPlace place = after;
    boolean gap = false;
    int room = limit;
    int shards = replicas.shards().size();
    for (int i = 0; i < shards && room > 0; i++) {
      int number = (first + i) % shards;
      ShardHistory shard = shard(number);
      Stretch stretch = shard.stretch(place.of(number), room);
      gap |= stretch.gap();
      room -= stretch.places().size();
      Map<MessageId, Optional<StoredMessage>> facts = new HashMap<>();
      for (ShardHistory.Named named : stretch.places()) {
        MessageId id = named.message();
        place = place.with(number, named.place());
        Optional<StoredMessage> message = facts.computeIfAbsent(id, shard::message);
        Optional<ShardHistory.Event> event = message.flatMap(of -> shard.event(named, of));
        if (event.isPresent()) {
          KeptMessage kept = kept(id, message.orElseThrow());
          items.add(new StreamPage.Item(shown(kept, event.get(), recipients(id)), place));
        } else {
          // Its timeline went before the stream's row did.
          gap = true;
        }
      }
      place = place.with(number, stretch.end());
    }
    return new StreamPage(items, place, gap, false);
  }

  /** The stream of events from a place on, for one reader that waits for more. */
  public EventStream follow(StreamPlace after) {
    return new EventStream(this, replicas.groups().subList(1, replicas.groups().size()), after);
  }

  private ShardHistory shard(int number) {
    return new ShardHistory(group(number).view());
  }

  private ShardRows rows(int number) {
    return new ShardRows(group(number).view());
  }

  private Group group(int shard) {
    return replicas.groups().get(shard + 1);
  }
}
