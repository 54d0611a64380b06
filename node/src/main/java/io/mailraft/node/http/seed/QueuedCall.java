package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.queue.DeliveryPage;
import io.mailraft.queue.Inspection.State;
import io.mailraft.queue.ListedDelivery;
import java.io.IOException;

/** GET /queued/{type}/{zone}: the deliveries of a zone, a page at a time. */
final class QueuedCall implements Calls.Call {
  private final Zones zones;

  QueuedCall(Zones zones) {
    this.zones = zones;
  }

  @Override
  public void serve(Exchange exchange) throws IOException {
    String type = exchange.path("type");
    State state =
        switch (type) {
          case "active", "queued" -> State.ACTIVE;
          case "deferred" -> State.DEFERRED;
          default ->
              throw new RefusedException(
                  HttpStatus.NOT_FOUND,
                  "NotFound",
                  "there is no list "
                      + InputException.quoted(type)
                      + "; there are active and deferred");
        };
    String zone = zones.known(exchange.path("zone"));
    DeliveryPage page = page(exchange, state, zone);
    exchange.json(
        HttpStatus.OK,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("list");
          for (ListedDelivery row : page.rows()) {
            json.writeStartObject();
            json.writeStringField("id", row.id().toString());
            json.writeStringField("zone", row.delivery().getZone());
            json.writeStringField("recipient", row.delivery().getAddress());
            json.writeEndObject();
          }
          json.writeEndArray();
          if (page.next().isPresent()) {
            json.writeStringField("next", page.next().get());
          }
          json.writeEndObject();
        });
  }

  private DeliveryPage page(Exchange exchange, State state, String zone) throws InputException {
    int limit = Pages.limit(exchange);
    try {
      return zones.inspection().page(state, zone, exchange.query("start").orElse(""), limit);
    } catch (IllegalArgumentException e) {
      throw new InputException(Fault.INVALID_PARAMETER, String.valueOf(e.getMessage()), e);
    }
  }
}
