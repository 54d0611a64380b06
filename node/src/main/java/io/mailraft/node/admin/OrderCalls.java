package io.mailraft.node.admin;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.mailraft.api.admin.MessageOrder;
import io.mailraft.api.admin.OrderMessageRequest;
import io.mailraft.api.admin.OrderMessageResponse;
import io.mailraft.api.admin.OrderZoneRequest;
import io.mailraft.api.admin.OrderZoneResponse;
import io.mailraft.api.admin.OrderedDelivery;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.Orders;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.Suspensions;
import io.mailraft.queue.control.Suspension;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of the admin API by which operators order what happens to zones and messages. Each
 * refuses with a gRPC status.
 */
final class OrderCalls {
  private static final Logger log = LoggerFactory.getLogger(OrderCalls.class);
  private static final int AUTHOR_CHARS_MAX = 200;
  private static final int REASON_CHARS_MAX = 700;
  private static final int SHOWN_MAX = 1000;

  private final Suspensions suspensions;
  private final Supplier<Set<String>> zones;
  private final Orders orders;

  /**
   * @param zones names of the zones that can be suspended
   */
  OrderCalls(Suspensions suspensions, Supplier<Set<String>> zones, Orders orders) {
    this.suspensions = suspensions;
    this.zones = zones;
    this.orders = orders;
  }

  /** Suspends or resumes a zone. */
  OrderZoneResponse zone(OrderZoneRequest request) {
    check(request.getAuthor(), request.getReason());
    String zone = request.getZone();
    Optional<Suspension> before = Optional.ofNullable(suspensions.present().get(zone));
    if (before.isEmpty() && !zones.get().contains(zone)) {
      throw refusal(
          Status.NOT_FOUND,
          "there is no zone '%s'; the cluster has %s"
              .formatted(
                  zone, String.join(", ", zones.get().stream().sorted().limit(20).toList())));
    }
    try {
      return switch (request.getOrder()) {
        case ZONE_SUSPEND -> suspended(request, before);
        case ZONE_RESUME -> resumed(request, before);
        case ZONE_ORDER_UNSPECIFIED, UNRECOGNIZED ->
            throw refusal(Status.INVALID_ARGUMENT, "order: suspend or resume, nothing else");
      };
    } catch (QueueException e) {
      throw trouble(e);
    }
  }

  private OrderZoneResponse suspended(OrderZoneRequest request, Optional<Suspension> before)
      throws QueueException {
    boolean changed =
        suspensions.suspend(request.getZone(), request.getAuthor(), request.getReason());
    OrderZoneResponse.Builder answer = OrderZoneResponse.newBuilder();
    Suspension stands = suspensions.present().get(request.getZone());
    if (stands != null) {
      answer.setSuspension(message(stands));
      // A record whose first answer was lost finds what it made itself.
      changed |= before.isEmpty() && isBy(stands, request);
    }
    if (changed) {
      log.info(
          "{} suspended the zone {}: {}",
          request.getAuthor(),
          request.getZone(),
          request.getReason());
    }
    return answer.setChanged(changed).build();
  }

  private static boolean isBy(Suspension stands, OrderZoneRequest request) {
    return stands.author().equals(request.getAuthor())
        && stands.reason().equals(request.getReason());
  }

  private OrderZoneResponse resumed(OrderZoneRequest request, Optional<Suspension> before)
      throws QueueException {
    boolean changed =
        suspensions.resume(request.getZone(), request.getAuthor(), request.getReason())
            || before.isPresent();
    if (changed) {
      log.info(
          "{} resumed the zone {}: {}",
          request.getAuthor(),
          request.getZone(),
          request.getReason());
    }
    OrderZoneResponse.Builder answer = OrderZoneResponse.newBuilder().setChanged(changed);
    before.ifPresent(ended -> answer.setSuspension(message(ended)));
    return answer.build();
  }

  /** A suspension as the API has it. */
  static io.mailraft.api.admin.Suspension message(Suspension suspension) {
    return io.mailraft.api.admin.Suspension.newBuilder()
        .setAuthor(suspension.author())
        .setReason(suspension.reason())
        .setSinceMillis(suspension.stampMillis())
        .build();
  }

  /** Holds, resumes, cancels or sends at once. */
  OrderMessageResponse message(OrderMessageRequest request) {
    check(request.getAuthor(), request.getReason());
    MessageId id;
    try {
      id = MessageId.parse(request.getId());
    } catch (IllegalArgumentException e) {
      throw refusal(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    }
    Orders.Wish wish = wish(request.getOrder());
    String by = "%s by %s: %s".formatted(word(wish), request.getAuthor(), request.getReason());
    List<Orders.Ordered> ordered;
    try {
      ordered = orders.order(wish, id, request.getSeq(), by);
    } catch (QueueException e) {
      throw trouble(e);
    }
    if (ordered.isEmpty()) {
      throw refusal(
          Status.NOT_FOUND,
          "no delivery "
              + request.getId()
              + (request.getSeq() == 0 ? "" : " " + request.getSeq())
              + " is known; what ended is remembered for a while only");
    }
    log.info("{} {} deliveries of {}", by, ordered.size(), id);
    OrderMessageResponse.Builder answer = OrderMessageResponse.newBuilder().setId(id.toString());
    for (Orders.Ordered one : ordered) {
      count(answer, one.result());
      if (answer.getDeliveriesCount() < SHOWN_MAX) {
        answer.addDeliveries(
            OrderedDelivery.newBuilder()
                .setSeq(one.row().seq())
                .setRecipient(one.row().delivery().getAddress())
                .setResult(result(one.result()))
                .setState(Rows.state(one.row())));
      }
    }
    return answer.build();
  }

  private static Orders.Wish wish(MessageOrder order) {
    return switch (order) {
      case MESSAGE_HOLD -> Orders.Wish.HOLD;
      case MESSAGE_RESUME -> Orders.Wish.RESUME;
      case MESSAGE_CANCEL -> Orders.Wish.CANCEL;
      case MESSAGE_SEND_NOW -> Orders.Wish.SEND_NOW;
      case MESSAGE_ORDER_UNSPECIFIED, UNRECOGNIZED ->
          throw refusal(
              Status.INVALID_ARGUMENT, "order: hold, resume, cancel or send-now, nothing else");
    };
  }

  private static String word(Orders.Wish wish) {
    return switch (wish) {
      case HOLD -> "held";
      case RESUME -> "resumed";
      case CANCEL -> "cancelled";
      case SEND_NOW -> "sent now";
    };
  }

  private static void count(OrderMessageResponse.Builder answer, Orders.Result result) {
    switch (result) {
      case DONE -> answer.setObeyed(answer.getObeyed() + 1);
      case CLAIMED -> answer.setClaimed(answer.getClaimed() + 1);
      case ENDED -> answer.setEnded(answer.getEnded() + 1);
      case OTHER, UNKNOWN -> answer.setOther(answer.getOther() + 1);
    }
  }

  private static String result(Orders.Result result) {
    return result == Orders.Result.DONE ? "obeyed" : result.name().toLowerCase(Locale.ROOT);
  }

  private static void check(String author, String reason) {
    checkText("author", author, AUTHOR_CHARS_MAX);
    checkText("reason", reason, REASON_CHARS_MAX);
  }

  private static void checkText(String what, String text, int max) {
    if (text.isBlank() || text.length() > max) {
      throw refusal(
          Status.INVALID_ARGUMENT,
          "%s: %d characters; say who and why in 1 to %d".formatted(what, text.length(), max));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw refusal(Status.INVALID_ARGUMENT, what + ": control characters have no place there");
    }
  }

  private static StatusRuntimeException trouble(QueueException e) {
    return switch (e.reason()) {
      case INVALID, OLDER_NODE ->
          refusal(Status.FAILED_PRECONDITION, String.valueOf(e.getMessage()));
      case NO_MAJORITY, DISK_FULL, BUSY, OVER_QUOTA, COLLECTED, STOPPING, KEY_USED, UNKNOWN ->
          refusal(
              Status.UNAVAILABLE,
              "it is not known what came of the order, it may still be obeyed: " + e.getMessage());
    };
  }

  private static StatusRuntimeException refusal(Status status, String text) {
    return status.withDescription(text).asRuntimeException();
  }
}
