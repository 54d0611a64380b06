package io.mailraft.queue;

import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Record;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.config.LogConfig;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.shard.DeliveryId;
import io.mailraft.queue.shard.Shard;
import io.mailraft.queue.shard.ShardRows;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What somebody wants of single deliveries: to be cancelled, to be sent now. Safe for any thread;
 * calls block until the order is committed and applied here.
 */
public final class Orders {
  private static final Logger MESSAGES = LoggerFactory.getLogger(LogConfig.MESSAGES);

  private final Replicas replicas;
  private final Duration timeout;

  Orders(Replicas replicas, Duration timeout) {
    this.replicas = replicas;
    this.timeout = timeout;
  }

  /** What an order came to. */
  public enum Result {
    /** The delivery is as the order wants it. */
    DONE,
    /** A node has the delivery in hand: the order has no effect on it. */
    CLAIMED,
    /** There is no such open delivery. */
    UNKNOWN
  }

  /**
   * Cancels a delivery that is queued, deferred or held.
   *
   * @param reason who and why, at most 1,000 characters; kept as the delivery's last reply
   * @throws QueueException if no majority took the order in time
   */
  public Result cancel(MessageId id, int seq, String reason) throws QueueException {
    return order(OrderKind.CANCEL, id, seq, reason);
  }

  /**
   * Queues a deferred or held delivery at once. A queued one stays as it is.
   *
   * @param reason who and why, at most 1,000 characters
   * @throws QueueException if no majority took the order in time
   */
  public Result sendNow(MessageId id, int seq, String reason) throws QueueException {
    return order(OrderKind.RESUME, id, seq, reason);
  }

  private Result order(OrderKind kind, MessageId id, int seq, String reason) throws QueueException {
    if (id.shard() >= replicas.shards().size() || seq < 1) {
      return Result.UNKNOWN;
    }
    Shard shard = replicas.shards().get(id.shard());
    Group group = replicas.groups().get(shard.number() + 1);
    // An order for what nobody knows costs no log entry; the state behind it is judged below.
    Optional<StoredDelivery> before = shard.delivery(id, seq);
    if (before.isEmpty() || !ShardRows.isOpen(before.get())) {
      return Result.UNKNOWN;
    }
    Record record =
        Record.newBuilder()
            .setOrder(
                OrderDeliveries.newBuilder()
                    .setKind(kind)
                    .setReason(reason)
                    .addDeliveries(DeliveryRef.newBuilder().setId(id.toByteString()).setSeq(seq)))
            .build();
    Answer answer = await(replicas.shardClient(shard.number()).submit(record, timeout));
    Result result = result(answer, kind, shard, group, new DeliveryId(id, seq));
    MESSAGES
        .atInfo()
        .addKeyValue("id", id.toString())
        .addKeyValue("seq", seq)
        .addKeyValue("zone", before.get().getZone())
        .addKeyValue("domain", before.get().getDomain())
        .addKeyValue("order", kind.name().toLowerCase(Locale.ROOT))
        .addKeyValue("result", result.name().toLowerCase(Locale.ROOT))
        .addKeyValue("by", reason)
        .log(kind == OrderKind.CANCEL && result == Result.DONE ? "cancelled" : "order");
    return result;
  }

  private Result result(Answer answer, OrderKind kind, Shard shard, Group group, DeliveryId id)
      throws QueueException {
    return switch (answer) {
      case Answer.Accepted(long index, long obeyed) -> {
        // Whoever asks this node next is to see what the order did.
        await(group.awaitApplied(index));
        yield obeyed > 0 ? Result.DONE : judge(kind, shard, new ShardRows(group.view()), id);
      }
      case Answer.Refused(long index, String detail) ->
          throw new QueueException(Reason.INVALID, detail + " (log index " + index + ")");
    };
  }

  /**
   * What the state says where the order found nothing to do: it was obeyed when the same record was
   * applied before, under an earlier leader, or something else came first.
   */
  private static Result judge(OrderKind kind, Shard shard, ShardRows rows, DeliveryId id) {
    Optional<StoredDelivery> row = shard.delivery(id.message(), id.seq());
    if (row.isEmpty()) {
      return Result.UNKNOWN;
    }
    if (ShardRows.isOpen(row.get())) {
      boolean claimed = rows.claimed(id);
      return kind == OrderKind.CANCEL || claimed ? Result.CLAIMED : Result.DONE;
    }
    return kind == OrderKind.CANCEL && ShardRows.isCancelled(row.get())
        ? Result.DONE
        : Result.UNKNOWN;
  }

  private <T> T await(CompletableFuture<T> future) throws QueueException {
    try {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueException(Reason.STOPPING, "interrupted while an order was given", e);
    } catch (TimeoutException e) {
      throw new QueueException(Reason.NO_MAJORITY, "the order was not applied in time", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QueueException refused) {
        throw new QueueException(refused.reason(), String.valueOf(refused.getMessage()), refused);
      }
      throw new QueueException(Reason.NO_MAJORITY, "the order was not applied", e);
    }
  }
}
