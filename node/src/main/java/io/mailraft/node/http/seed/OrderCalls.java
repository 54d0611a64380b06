package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.json.InputException;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.OpenMessage;
import io.mailraft.queue.Orders;
import io.mailraft.queue.Orders.Result;
import io.mailraft.queue.QueueException;
import java.io.IOException;

/** DELETE /message/{id}/{seq} cancels a delivery, PUT sends it now. */
final class OrderCalls {
  private final Inspection inspection;
  private final Orders orders;
  private final boolean trusted;

  OrderCalls(Inspection inspection, Orders orders, boolean trusted) {
    this.inspection = inspection;
    this.orders = orders;
    this.trusted = trusted;
  }

  void cancel(Exchange exchange) throws IOException, QueueException {
    OpenMessage message = Messages.find(exchange, inspection);
    String by = "cancelled by " + Caller.of(exchange, trusted).words();
    Result result = orders.cancel(message.id(), seq(exchange), by);
    if (result == Result.CLAIMED) {
      throw new RefusedException(
          HttpStatus.CONFLICT,
          "Claimed",
          "the delivery is being sent just now, it is too late to cancel it");
    }
    answer(exchange, result);
  }

  void sendNow(Exchange exchange) throws IOException, QueueException {
    OpenMessage message = Messages.find(exchange, inspection);
    String by = "sent now by " + Caller.of(exchange, trusted).words();
    answer(exchange, orders.sendNow(message.id(), seq(exchange), by));
  }

  private static void answer(Exchange exchange, Result result) throws IOException {
    if (result == Result.UNKNOWN) {
      throw unknown(exchange);
    }
    exchange.json(
        HttpStatus.OK,
        json -> {
          json.writeStartObject();
          json.writeBooleanField("success", true);
          json.writeEndObject();
        });
  }

  /** The number of the delivery: hex digits, as lists show it. */
  private static int seq(Exchange exchange) throws RefusedException {
    String text = exchange.path("seq");
    int seq = text.matches("[0-9a-fA-F]{1,7}") ? Integer.parseInt(text, 16) : 0;
    if (seq < 1) {
      throw unknown(exchange);
    }
    return seq;
  }

  private static RefusedException unknown(Exchange exchange) {
    return new RefusedException(
        HttpStatus.NOT_FOUND,
        "NotFound",
        "message "
            + InputException.quoted(exchange.path("id"))
            + " has no open delivery "
            + InputException.quoted(exchange.path("seq")));
  }
}
