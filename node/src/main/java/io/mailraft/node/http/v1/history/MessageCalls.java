package io.mailraft.node.http.v1.history;

import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.queue.EventPage;
import io.mailraft.queue.History;
import io.mailraft.queue.KeptMessage;
import io.mailraft.queue.ListedDelivery;
import io.mailraft.queue.MessageEvent;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.MessagePage;
import io.mailraft.queue.MessageQuery.State;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** GET /v1/messages, /v1/messages/{id} and /v1/messages/{id}/events. */
final class MessageCalls {
  private final History history;
  private final EventJson events;

  MessageCalls(History history, EventJson events) {
    this.history = history;
    this.events = events;
  }

  void message(Exchange exchange) throws IOException {
    KeptMessage message = find(exchange);
    exchange.jsonStream(
        json -> {
          json.writeStartObject();
          facts(json, message);
          json.writeArrayFieldStart("deliveries");
          deliveries(json, message);
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  void events(Exchange exchange) throws IOException {
    KeptMessage message = find(exchange);
    Parameters parameters = new Parameters(exchange);
    EventPage page = page(message, parameters);
    exchange.jsonStream(
        json -> {
          json.writeStartObject();
          json.writeStringField("id", message.id().toString());
          json.writeArrayFieldStart("events");
          for (MessageEvent event : page.events()) {
            events.write(json, event);
          }
          json.writeEndArray();
          next(json, page.next());
          json.writeEndObject();
        });
  }

  private EventPage page(KeptMessage message, Parameters parameters) throws InputException {
    int limit = parameters.limit();
    String cursor = parameters.text("cursor").orElse("");
    try {
      return history.events(message.id(), cursor, limit);
    } catch (IllegalArgumentException e) {
      throw Parameters.wrong("cursor", "is not what the last page gave as next", e);
    }
  }

  void search(Exchange exchange) throws IOException {
    Parameters parameters = new Parameters(exchange);
    MessagePage page = history.search(parameters.query(), parameters.cursor(), parameters.limit());
    exchange.jsonStream(
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("messages");
          for (MessagePage.Match match : page.messages()) {
            json.writeStartObject();
            facts(json, match.message());
            json.writeArrayFieldStart("deliveries");
            for (ListedDelivery listed : match.deliveries()) {
              delivery(json, listed);
            }
            json.writeEndArray();
            json.writeEndObject();
          }
          json.writeEndArray();
          next(json, page.next().map(MessageId::toString));
          json.writeEndObject();
        });
  }

  private static void next(JsonGenerator json, Optional<String> next) throws IOException {
    if (next.isPresent()) {
      json.writeStringField("next", next.get());
    }
  }

  private KeptMessage find(Exchange exchange) throws RefusedException {
    String text = exchange.path("id");
    Optional<KeptMessage> found;
    try {
      found = history.message(MessageId.parse(text));
    } catch (IllegalArgumentException e) {
      RefusedException refused = none(text);
      refused.initCause(e);
      throw refused;
    }
    return found.orElseThrow(() -> none(text));
  }

  private static RefusedException none(String id) {
    return new RefusedException(
        HttpStatus.NOT_FOUND,
        "NotFound",
        "there is no message "
            + InputException.quoted(id)
            + ": unknown, or ended so long ago that its timeline is not kept any longer");
  }

  private static void facts(JsonGenerator json, KeptMessage message) throws IOException {
    json.writeStringField("id", message.id().toString());
    json.writeStringField("from", message.envelope().getSender());
    json.writeStringField("accepted", EventJson.time(message.envelope().getAcceptedMillis()));
    if (message.endedMillis().isPresent()) {
      json.writeStringField("ended", EventJson.time(message.endedMillis().getAsLong()));
    }
    json.writeNumberField("size", message.contentBytes());
    json.writeNumberField("recipients", message.recipients());
    EventJson.accepted(json, message.envelope());
    EventJson.own(json, message.envelope());
  }

  /** Writes all deliveries, however many, a page at a time. */
  private void deliveries(JsonGenerator json, KeptMessage message) throws IOException {
    int next = 1;
    while (next > 0) {
      List<ListedDelivery> page = history.deliveries(message.id(), next, History.PAGE_MAX);
      for (ListedDelivery listed : page) {
        delivery(json, listed);
      }
      next = page.size() < History.PAGE_MAX ? 0 : page.getLast().seq() + 1;
    }
  }

  private static void delivery(JsonGenerator json, ListedDelivery listed) throws IOException {
    StoredDelivery row = listed.delivery();
    json.writeStartObject();
    json.writeNumberField("seq", listed.seq());
    json.writeStringField("recipient", row.getAddress());
    json.writeStringField("zone", row.getZone());
    json.writeStringField("state", Parameters.name(State.of(listed)));
    json.writeNumberField("attempts", row.getAttempts());
    time(json, "last", row.getLastMillis());
    time(json, "next", row.getNextMillis());
    EventJson.text(json, "reply", row.getReply());
    json.writeEndObject();
  }

  private static void time(JsonGenerator json, String name, long millis) throws IOException {
    if (millis > 0) {
      json.writeStringField(name, EventJson.time(millis));
    }
  }
}
