package io.mailraft.queue;

import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Record;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.config.LogConfig;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.shard.Listing;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.shard.ShardRows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What somebody wants of deliveries: to be held, resumed, cancelled, sent now. Safe for any thread;
 * calls block until the order is committed and applied here.
 */
public final class Orders {
  private static final Logger MESSAGES = LoggerFactory.getLogger(LogConfig.MESSAGES);

  /** Deliveries in one record, and on one page that is read. */
  private static final int PAGE = 1000;

  private final Replicas replicas;
  private final Duration timeout;

  Orders(Replicas replicas, Duration timeout) {
    this.replicas = replicas;
    this.timeout = timeout;
  }

  /** What somebody can want. */
  public enum Wish {
    /** What is queued or deferred is not attempted until it is resumed. */
    HOLD(OrderKind.HOLD),
    /** What is held is queued at once. */
    RESUME(OrderKind.RESUME),
    /** What is queued, deferred or held ends as cancelled. */
    CANCEL(OrderKind.CANCEL),
    /** What is deferred or held is queued at once. */
    SEND_NOW(OrderKind.RESUME);

    private final OrderKind kind;

    Wish(OrderKind kind) {
      this.kind = kind;
    }

    /** Whether a record is needed for a delivery in that state. */
    private boolean moves(DeliveryState state) {
      return switch (this) {
        case HOLD -> state == DeliveryState.QUEUED || state == DeliveryState.DELIVERY_DEFERRED;
        case RESUME -> state == DeliveryState.HELD;
        case SEND_NOW -> state == DeliveryState.HELD || state == DeliveryState.DELIVERY_DEFERRED;
        case CANCEL ->
            state == DeliveryState.QUEUED
                || state == DeliveryState.DELIVERY_DEFERRED
                || state == DeliveryState.HELD;
      };
    }

    /** What is to be said of a delivery that no record has moved. */
    private Result judge(Listing.Row row) {
      if (!ShardRows.isOpen(row.delivery())) {
        return this == CANCEL && ShardRows.isCancelled(row.delivery()) ? Result.DONE : Result.ENDED;
      }
      if (row.claimed()) {
        return Result.CLAIMED;
      }
      return switch (this) {
        // Where a record did not move it, a node had it when that was applied.
        case HOLD -> row.delivery().getState() == DeliveryState.HELD ? Result.DONE : Result.CLAIMED;
        case CANCEL -> Result.CLAIMED;
        case RESUME -> Result.OTHER;
        case SEND_NOW -> Result.DONE;
      };
    }
  }

  /** What an order came to. */
  public enum Result {
    /** The delivery is as the order wants it. */
    DONE,
    /** A node has the delivery in hand: the order has no effect on it. */
    CLAIMED,
    /** The delivery had ended. */
    ENDED,
    /** The delivery is in a state that the order does not concern. */
    OTHER,
    /** There is no such open delivery. */
    UNKNOWN
  }

  /**
   * A delivery after an order.
   *
   * @param row as it is
   * @param result never {@link Result#UNKNOWN}
   */
  public record Ordered(ListedDelivery row, Result result) {}

  /**
   * Cancels a delivery that is queued, deferred or held.
   *
   * @param reason who and why, at most 1,000 characters; kept as the delivery's last reply
   * @throws QueueException if no majority took the order in time
   */
  public Result cancel(MessageId id, int seq, String reason) throws QueueException {
    return single(Wish.CANCEL, id, seq, reason);
  }

  /**
   * Queues a deferred or held delivery at once. A queued one stays as it is.
   *
   * @param reason who and why, at most 1,000 characters
   * @throws QueueException if no majority took the order in time
   */
  public Result sendNow(MessageId id, int seq, String reason) throws QueueException {
    return single(Wish.SEND_NOW, id, seq, reason);
  }

  private Result single(Wish wish, MessageId id, int seq, String reason) throws QueueException {
    boolean open =
        seq > 0
            && id.shard() < replicas.shards().size()
            && replicas.shards().get(id.shard()).delivery(id, seq).stream()
                .anyMatch(ShardRows::isOpen);
    if (!open) {
      return Result.UNKNOWN;
    }
    List<Ordered> ordered = order(wish, id, seq, reason);
    Result result = ordered.isEmpty() ? Result.UNKNOWN : ordered.getFirst().result();
    return result == Result.ENDED || result == Result.OTHER ? Result.UNKNOWN : result;
  }

  /**
   * Gives an order for all deliveries of a message, or one of them.
   *
   * @param seq number of one delivery; 0 for all
   * @param reason who and why, at most 1,000 characters; kept as the last reply of what is held or
   *     cancelled
   * @return what came of it, by number; empty where there is no such message or delivery
   * @throws QueueException if no majority took the order in time; a part of it may be obeyed
   */
  public List<Ordered> order(Wish wish, MessageId id, int seq, String reason)
      throws QueueException {
    if (id.shard() >= replicas.shards().size() || seq < 0) {
      return List.of();
    }
    Shard shard = replicas.shards().get(id.shard());
    Group group = replicas.groups().get(shard.number() + 1);
    List<Ordered> ordered = new ArrayList<>();
    int next = Math.max(1, seq);
    List<Listing.Row> page;
    do {
      page = rows(group, id, next, seq);
      ordered.addAll(orderPage(wish, id, reason, shard, group, page));
      next = page.isEmpty() ? next : page.getLast().id().seq() + 1;
    } while (seq == 0 && page.size() == PAGE);
    return ordered;
  }

  private static List<Listing.Row> rows(Group group, MessageId id, int from, int only) {
    return new ShardRows(group.view())
        .deliveries(id, from, only == 0 ? PAGE : 1).stream()
            .filter(row -> only == 0 || row.id().seq() == only)
            .toList();
  }

  private List<Ordered> orderPage(
      Wish wish, MessageId id, String reason, Shard shard, Group group, List<Listing.Row> page)
      throws QueueException {
    OrderDeliveries.Builder order =
        OrderDeliveries.newBuilder().setKind(wish.kind).setReason(reason);
    for (Listing.Row row : page) {
      // An order that moves nothing costs no log entry. What is claimed here may not be any more.
      if (wish.moves(row.delivery().getState())) {
        order.addDeliveries(ref(id, row.id().seq()));
      }
    }
    if (order.getDeliveriesCount() == 0) {
      return page.stream().map(row -> new Ordered(shown(row), wish.judge(row))).toList();
    }
    Answer answer =
        replicas
            .shardClient(shard.number())
            .decide(Record.newBuilder().setOrder(order).build(), timeout);
    if (answer instanceof Answer.Refused(long index, String detail)) {
      throw new QueueException(Reason.INVALID, detail + " (log index " + index + ")");
    }
    List<Ordered> ordered = new ArrayList<>(page.size());
    ShardRows rows = new ShardRows(group.view());
    for (Listing.Row before : page) {
      rows.deliveries(id, before.id().seq(), 1).stream()
          .filter(row -> row.id().equals(before.id()))
          .findFirst()
          .ifPresent(row -> ordered.add(new Ordered(shown(row), after(wish, before, row))));
    }
    ordered.forEach(one -> log(wish, one, reason));
    return ordered;
  }

  private static void log(Wish wish, Ordered ordered, String reason) {
    ListedDelivery of = ordered.row();
    MESSAGES
        .atInfo()
        .addKeyValue("id", of.id().toString())
        .addKeyValue("seq", of.seq())
        .addKeyValue("zone", of.delivery().getZone())
        .addKeyValue("domain", of.delivery().getDomain())
        .addKeyValue("order", wish.name().toLowerCase(Locale.ROOT))
        .addKeyValue("result", ordered.result().name().toLowerCase(Locale.ROOT))
        .addKeyValue("by", reason)
        .log(wish == Wish.CANCEL && ordered.result() == Result.DONE ? "cancelled" : "order");
  }

  /**
   * What the state says after the order. What was resumed may be claimed or even have ended by
   * then.
   */
  private static Result after(Wish wish, Listing.Row before, Listing.Row row) {
    boolean left =
        switch (wish) {
          case RESUME, SEND_NOW ->
              wish.moves(before.delivery().getState())
                  && row.delivery().getState() != before.delivery().getState();
          case HOLD, CANCEL -> false;
        };
    return left ? Result.DONE : wish.judge(row);
  }

  private static ListedDelivery shown(Listing.Row row) {
    return new ListedDelivery(row.id().message(), row.id().seq(), row.delivery(), row.claimed());
  }

  private static DeliveryRef ref(MessageId id, int seq) {
    return DeliveryRef.newBuilder().setId(id.toByteString()).setSeq(seq).build();
  }
}
