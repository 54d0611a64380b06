package io.mailraft.queue;

import io.mailraft.api.stored.StoredClaim;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.shard.DeliveryId;
import io.mailraft.queue.shard.Depth;
import io.mailraft.queue.shard.Lane;
import io.mailraft.queue.shard.Listing;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.shard.ShardRows;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The whole cluster's queue to look at, from this node's own replicas. Changes nothing.
 *
 * <p>What it tells is true at the log position that this node has applied, which is a moment behind
 * the leader's. A message that was accepted a moment ago is waited for. Safe for any thread; calls
 * read the disk.
 */
public final class Inspection {
  /** Most rows of one page. */
  public static final int PAGE_MAX = 1000;

  /**
   * Most rows that are looked at for one page of a list: of other zones, or passed over. Half a
   * second or so.
   */
  private static final int LOOKS_MAX = 500_000;

  /** Most rows that a numeric start may pass over. */
  public static final long SKIP_MAX = 100_000_000;

  /** A message whose id is younger than this may be known to the leader and not yet here. */
  private static final Duration YOUNG = Duration.ofSeconds(10);

  private static final Duration CATCH_UP = Duration.ofSeconds(1);

  private final Replicas replicas;
  private final InstantSource clock;

  Inspection(Replicas replicas, InstantSource clock) {
    this.replicas = replicas;
    this.clock = clock;
  }

  /** The lists that can be asked for. */
  public enum State {
    /** Claimed deliveries, then queued ones. */
    ACTIVE,
    /** Deferred deliveries, the next one due first. */
    DEFERRED
  }

  /**
   * An open message.
   *
   * @return empty where there is none: unknown, or ended
   */
  public Optional<OpenMessage> message(MessageId id) {
    if (id.shard() >= replicas.shards().size()) {
      return Optional.empty();
    }
    Shard shard = replicas.shards().get(id.shard());
    Optional<StoredMessage> found = shard.message(id);
    if (found.isEmpty() && young(id)) {
      found = awaitMessage(shard, group(shard), id);
    }
    return found.map(
        message ->
            new OpenMessage(
                id, message.getEnvelope(), message.getBodyBytes(), message.getRecipients()));
  }

  /** Wall clock: the id holds the time at which its message began to come in. */
  private boolean young(MessageId id) {
    return Math.abs(clock.millis() - id.millis()) < YOUNG.toMillis();
  }

  private static Optional<StoredMessage> awaitMessage(Shard shard, Group group, MessageId id) {
    long end = System.nanoTime() + CATCH_UP.toNanos();
    while (true) {
      long next = group.applied().index() + 1;
      Optional<StoredMessage> found = shard.message(id);
      long left = end - System.nanoTime();
      if (found.isPresent() || left <= 0) {
        return found;
      }
      try {
        group.awaitApplied(next).get(left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException | ExecutionException e) {
        return shard.message(id);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return found;
      }
    }
  }

  /**
   * The content of an open message.
   *
   * @throws QueueException if it has ended meanwhile
   */
  public Content content(MessageId id) throws QueueException {
    if (id.shard() >= replicas.shards().size()) {
      throw new QueueException(Reason.UNKNOWN, "there is no shard " + id.shard());
    }
    Shard shard = replicas.shards().get(id.shard());
    return new Content(
        shard,
        id,
        shard
            .message(id)
            .orElseThrow(() -> new QueueException(Reason.UNKNOWN, "no open message " + id)));
  }

  /**
   * Deliveries of a message in the order of their numbers, ended ones too.
   *
   * @param fromSeq least number
   * @param limit most of them, 1 to {@link #PAGE_MAX}
   */
  public List<ListedDelivery> deliveries(MessageId id, int fromSeq, int limit) {
    if (id.shard() >= replicas.shards().size()) {
      return List.of();
    }
    return rows(replicas.shards().get(id.shard())).deliveries(id, fromSeq, limit).stream()
        .map(Inspection::shown)
        .toList();
  }

  /** Who has claimed a delivery, as applied here. */
  public Optional<StoredClaim> claim(MessageId id, int seq) {
    return id.shard() >= replicas.shards().size()
        ? Optional.empty()
        : rows(replicas.shards().get(id.shard())).claim(new DeliveryId(id, seq));
  }

  /**
   * A page of the deliveries of a zone in a state. It may have fewer rows than asked for, or none,
   * and go on all the same: the rows that are looked at for it are bounded, too.
   *
   * @param start empty for the first page; {@link DeliveryPage#next} of the last one; or a number
   *     of rows to pass over, which costs as much as there are
   * @param limit most rows, 1 to {@link #PAGE_MAX}
   * @throws IllegalArgumentException if {@code start} is anything else; the message says so
   */
  public DeliveryPage page(State state, String zone, String start, int limit) {
    return page(state, zone, start, limit, LOOKS_MAX);
  }

  /** The same with another bound on the rows that are looked at. */
  DeliveryPage page(State state, String zone, String start, int limit, int looks) {
    ListPlace place = ListPlace.parse(start);
    List<ListPlace.Stretch> stretches = ListPlace.stretches(state, replicas.shards().size());
    int at = stretches.indexOf(place.stretch().orElse(stretches.getFirst()));
    if (at < 0) {
      throw new IllegalArgumentException("start: '" + start + "' belongs to another list");
    }
    Listing page = new Listing(place.skip(), limit, looks);
    byte[] from = place.key();
    Optional<String> next = Optional.empty();
    for (; at < stretches.size() && next.isEmpty(); at++) {
      ListPlace.Stretch stretch = stretches.get(at);
      ShardRows rows = rows(replicas.shards().get(stretch.shard()));
      Optional<byte[]> rest =
          switch (stretch.kind()) {
            case CLAIMED -> rows.claimed(zone, from, page);
            case QUEUED -> rows.queued(zone, from, page);
            case DEFERRED -> rows.deferred(zone, from, page);
          };
      next = rest.map(key -> new ListPlace(Optional.of(stretch), key, page.skip()).format());
      from = ShardRows.first();
    }
    return new DeliveryPage(page.rows().stream().map(Inspection::shown).toList(), next);
  }

  private static ListedDelivery shown(Listing.Row row) {
    return new ListedDelivery(row.id().message(), row.id().seq(), row.delivery(), row.claimed());
  }

  /** Exact counters of the zones that have open deliveries. */
  public Map<String, Depth> zones() {
    Map<String, Depth> sum = new TreeMap<>();
    for (Shard shard : replicas.shards()) {
      shard.zones().forEach((zone, depth) -> sum.merge(zone, depth, Depth::plus));
    }
    return sum;
  }

  /** Exact counters of a zone. */
  public Depth zone(String zone) {
    return zones().getOrDefault(zone, Depth.ZERO);
  }

  /** Exact counters of a recipient domain, all zones together. */
  public Depth domain(String domain) {
    Depth sum = Depth.ZERO;
    for (Shard shard : replicas.shards()) {
      for (String zone : shard.zones().keySet()) {
        sum = sum.plus(shard.lane(new Lane(zone, domain)));
      }
    }
    return sum;
  }

  /**
   * Exact counters of the domains of a zone, in the order of their names.
   *
   * @param after the domain behind which to begin; empty to begin with the first
   * @param limit most domains, 1 to {@link #PAGE_MAX}
   */
  public Map<String, Depth> domains(String zone, String after, int limit) {
    TreeMap<String, Depth> sum = new TreeMap<>(Comparator.naturalOrder());
    for (Shard shard : replicas.shards()) {
      rows(shard)
          .domains(zone, after, limit)
          .forEach((domain, depth) -> sum.merge(domain, depth, Depth::plus));
    }
    List<String> behind = new ArrayList<>(sum.keySet());
    behind.stream().skip(limit).forEach(sum::remove);
    return sum;
  }

  private ShardRows rows(Shard shard) {
    return new ShardRows(group(shard).view());
  }

  private Group group(Shard shard) {
    return replicas.groups().get(shard.number() + 1);
  }
}
