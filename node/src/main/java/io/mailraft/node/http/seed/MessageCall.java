package io.mailraft.node.http.seed;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mailraft.api.log.DkimKey;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.mime.HeaderLines;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.ListedDelivery;
import io.mailraft.queue.OpenMessage;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.shard.ShardRows;
import java.io.IOException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** GET /message/{id}: what is known of a message, and its open deliveries. */
final class MessageCall implements Calls.Call {
  private final Inspection inspection;

  MessageCall(Inspection inspection) {
    this.inspection = inspection;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    OpenMessage message = Messages.find(exchange, inspection);
    StoredHeader header = StoredHeader.read(inspection.content(message.id()));
    exchange.jsonStream(
        json -> {
          json.writeStartObject();
          json.writeObjectFieldStart("meta");
          meta(json, message, header);
          json.writeEndObject();
          json.writeArrayFieldStart("messages");
          deliveries(
              message,
              listed -> {
                if (ShardRows.isOpen(listed.delivery())) {
                  delivery(json, listed);
                }
              });
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void meta(JsonGenerator json, OpenMessage message, StoredHeader header)
      throws IOException {
    Envelope envelope = message.envelope();
    HeaderLines lines = header.lines();
    json.writeStringField("id", message.id().toString());
    json.writeStringField("interface", envelope.getListener());
    json.writeStringField("from", envelope.getSender());
    json.writeArrayFieldStart("to");
    deliveries(message, listed -> json.writeString(listed.delivery().getAddress()));
    json.writeEndArray();
    json.writeStringField("origin", envelope.getOrigin());
    json.writeStringField("originhost", envelope.getOriginHost());
    json.writeStringField("transhost", envelope.getHelo());
    json.writeStringField("transtype", envelope.getProtocol());
    if (!envelope.getUser().isEmpty()) {
      json.writeStringField("user", envelope.getUser());
    }
    json.writeNumberField("time", message.id().millis());
    json.writeObjectFieldStart("dkim");
    String hashAlgo = envelope.getDkim().getHashAlgo();
    json.writeStringField("hashAlgo", hashAlgo.isEmpty() ? "sha256" : hashAlgo);
    if (!envelope.getBodyHash().isEmpty()) {
      json.writeStringField(
          "bodyHash", Base64.getEncoder().encodeToString(envelope.getBodyHash().toByteArray()));
    }
    if (envelope.getDkim().getKeysCount() > 0) {
      json.writeArrayFieldStart("keys");
      for (DkimKey key : envelope.getDkim().getKeysList()) {
        json.writeStartObject();
        json.writeStringField("domainName", key.getDomainName());
        json.writeStringField("keySelector", key.getKeySelector());
        json.writeEndObject(); // The private key is for signing, and for nobody to see.
      }
      json.writeEndArray();
    }
    json.writeEndObject();
    json.writeArrayFieldStart("headers");
    for (HeaderLines.Line line : lines.lines()) {
      json.writeStartObject();
      json.writeStringField("key", line.key());
      json.writeStringField("line", line.line());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("messageId", envelope.getMessageId());
    json.writeStringField("date", lines.value("date").orElse(""));
    json.writeObjectFieldStart("parsedEnvelope");
    one(json, "from", lines.addresses("from"));
    all(json, "to", lines.addresses("to"));
    all(json, "cc", lines.addresses("cc"));
    all(json, "bcc", lines.addresses("bcc"));
    one(json, "replyTo", lines.addresses("reply-to"));
    one(json, "sender", lines.addresses("sender"));
    json.writeEndObject();
    json.writeNumberField("bodySize", message.contentBytes() - header.bytes());
    json.writeNumberField("created", envelope.getAcceptedMillis());
  }

  /** An address, or false where there is none: that is how the seed has it. */
  private static void one(JsonGenerator json, String name, List<String> addresses)
      throws IOException {
    if (addresses.isEmpty()) {
      json.writeBooleanField(name, false);
    } else {
      json.writeStringField(name, addresses.getFirst());
    }
  }

  private static void all(JsonGenerator json, String name, List<String> addresses)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String address : addresses) {
      json.writeString(address);
    }
    json.writeEndArray();
  }

  private static void delivery(JsonGenerator json, ListedDelivery listed) throws IOException {
    StoredDelivery row = listed.delivery();
    json.writeStartObject();
    json.writeStringField("id", listed.id().toString());
    json.writeStringField("seq", hex(listed.seq()));
    json.writeStringField("zone", row.getZone());
    json.writeStringField("recipient", row.getAddress());
    json.writeStringField("status", status(listed));
    if (row.getState() == DeliveryState.DELIVERY_DEFERRED) {
      json.writeObjectFieldStart("deferred");
      json.writeNumberField("first", row.getFirstMillis());
      json.writeNumberField("count", row.getAttempts());
      json.writeNumberField("last", row.getLastMillis());
      json.writeNumberField("next", row.getNextMillis());
      json.writeStringField("response", row.getReply());
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static String hex(int seq) {
    return seq < 0x1000 ? HexFormat.of().toHexDigits(seq, 3) : Integer.toHexString(seq);
  }

  private static String status(ListedDelivery listed) {
    return switch (listed.delivery().getState()) {
      case QUEUED -> listed.claimed() ? "CLAIMED" : "QUEUED";
      case DELIVERY_DEFERRED -> "DEFERRED";
      case HELD -> "HELD";
      case END_DELIVERED,
          END_BOUNCED,
          END_EXPIRED,
          END_CANCELLED,
          DELIVERY_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          throw new IllegalArgumentException("an ended delivery is not shown");
    };
  }

  /** Sees a delivery. */
  @FunctionalInterface
  private interface Visitor {
    void visit(ListedDelivery listed) throws IOException;
  }

  /** Visits all deliveries of a message, however many, a page at a time. */
  private void deliveries(OpenMessage message, Visitor visitor) throws IOException {
    int next = 1;
    while (next > 0) {
      List<ListedDelivery> page = inspection.deliveries(message.id(), next, Inspection.PAGE_MAX);
      for (ListedDelivery listed : page) {
        visitor.visit(listed);
      }
      next = page.size() < Inspection.PAGE_MAX ? 0 : page.getLast().seq() + 1;
    }
  }
}
