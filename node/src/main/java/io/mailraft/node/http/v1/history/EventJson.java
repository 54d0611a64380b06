package io.mailraft.node.http.v1.history;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mailraft.api.log.Attempt;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.PassedOver;
import io.mailraft.api.stored.StoredEvent;
import io.mailraft.queue.MessageEvent;
import io.mailraft.queue.control.ControlView;
import io.mailraft.queue.control.NodeEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** Writes events as JSON objects. */
final class EventJson {
  private final Supplier<ControlView> cluster;

  /**
   * @param cluster knows the names of nodes
   */
  EventJson(Supplier<ControlView> cluster) {
    this.cluster = cluster;
  }

  /** The word for what happened. */
  static String type(StoredEvent event) {
    return switch (event.getKind()) {
      case EVENT_ACCEPTED -> "accepted";
      case EVENT_DEFERRED -> "deferred";
      case EVENT_DELIVERED -> "delivered";
      case EVENT_BOUNCED -> "bounced";
      case EVENT_EXPIRED -> "expired";
      case EVENT_CANCELLED -> "cancelled";
      case EVENT_HELD -> "held";
      case EVENT_RESUMED -> "resumed";
      case EVENT_REROUTED -> "rerouted";
      case EVENT_KIND_UNSPECIFIED, UNRECOGNIZED -> "unknown";
    };
  }

  void write(JsonGenerator json, MessageEvent event) throws IOException {
    StoredEvent what = event.what();
    Envelope envelope = event.message().envelope();
    json.writeStartObject();
    json.writeStringField("type", type(what));
    json.writeStringField("time", time(what.getStampMillis()));
    json.writeStringField("message", event.message().id().toString());
    json.writeStringField("from", envelope.getSender());
    if (what.getSeq() == 0) {
      accepted(json, envelope);
    } else {
      json.writeNumberField("seq", what.getSeq());
      json.writeStringField("recipient", event.recipient());
      json.writeStringField("zone", what.getZone());
      happened(json, what);
    }
    own(json, envelope);
    json.writeEndObject();
  }

  private void happened(JsonGenerator json, StoredEvent what) throws IOException {
    if (what.getNumber() == 0) {
      text(json, "reason", what.getReply());
    } else {
      json.writeNumberField("attempt", what.getNumber());
      text(json, "node", node(what.getNode()));
      text(json, "source", what.getSource());
      text(json, "host", what.getHost());
      text(json, "reply", what.getReply());
      if (what.hasAttempt()) {
        attempt(json, what.getAttempt());
      }
    }
    if (what.getNextMillis() > 0) {
      json.writeStringField("next", time(what.getNextMillis()));
    }
    if (what.getCut()) {
      json.writeBooleanField("cut", true);
    }
  }

  private static void attempt(JsonGenerator json, Attempt attempt) throws IOException {
    if (!attempt.getTlsVersion().isEmpty()) {
      json.writeObjectFieldStart("tls");
      json.writeStringField("version", attempt.getTlsVersion());
      json.writeStringField("cipher", attempt.getTlsCipher());
      json.writeEndObject();
    }
    json.writeBooleanField("reused", attempt.getReused());
    json.writeObjectFieldStart("millis");
    if (!attempt.getReused()) {
      json.writeNumberField("connect", attempt.getConnectMillis());
      json.writeNumberField("greeting", attempt.getGreetingMillis());
      json.writeNumberField("tls", attempt.getTlsMillis());
    }
    json.writeNumberField("envelope", attempt.getEnvelopeMillis());
    json.writeNumberField("content", attempt.getContentMillis());
    json.writeNumberField("reply", attempt.getReplyMillis());
    json.writeEndObject();
  }

  private String node(int number) {
    return cluster.get().nodes().values().stream()
        .filter(node -> node.number() == number)
        .findFirst()
        .map(NodeEntry::name)
        .orElse("");
  }

  /** By which node, from whom. */
  static void accepted(JsonGenerator json, Envelope envelope) throws IOException {
    text(json, "node", envelope.getNode());
    text(json, "listener", envelope.getListener());
    text(json, "origin", envelope.getOrigin());
    text(json, "helo", envelope.getHelo());
    text(json, "protocol", envelope.getProtocol());
    text(json, "user", envelope.getUser());
    text(json, "tls", envelope.getTls());
    text(json, "messageId", envelope.getMessageId());
    if (envelope.getSendAtMillis() > 0) {
      json.writeStringField("sendAt", time(envelope.getSendAtMillis()));
    }
    if (envelope.getPassedOverCount() > 0) {
      json.writeArrayFieldStart("passedOver");
      for (PassedOver zone : envelope.getPassedOverList()) {
        json.writeStartObject();
        json.writeStringField("rule", zone.getRule());
        json.writeStringField("zone", zone.getZone());
        json.writeStringField("reason", zone.getReason());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  /** What the sender itself has said of its message. */
  static void own(JsonGenerator json, Envelope envelope) throws IOException {
    json.writeArrayFieldStart("tags");
    for (String tag : envelope.getTagsList()) {
      json.writeString(tag);
    }
    json.writeEndArray();
    json.writeFieldName("metadata");
    // It is JSON since it was accepted.
    json.writeRawValue(
        Optional.of(envelope.getMetadata()).filter(text -> !text.isEmpty()).orElse("{}"));
  }

  static void text(JsonGenerator json, String name, String text) throws IOException {
    if (!text.isEmpty()) {
      json.writeStringField(name, text);
    }
  }

  static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}
