package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.mime.LetterReader;
import io.mailraft.node.submit.Terms;
import io.mailraft.queue.RequestKey;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Reads the fields of a message that are not written into it: what {@link Terms} hold. */
final class TermsReader implements LetterReader.Extras {
  static final int TAGS_MAX = 16;
  static final int TAG_CHARS_MAX = 64;
  static final int METADATA_BYTES_MAX = 4 << 10;
  static final Duration AHEAD_MAX = Duration.ofDays(365);
  private static final int WORD_CHARS_MAX = 100;
  private static final JsonFactory JSON = new JsonFactory();

  private final JsonReader reader;
  private final Front front;
  private final boolean choosesZones;
  private final Supplier<Set<String>> zones;
  private final List<String> tags = new ArrayList<>();
  private String metadata = "";
  private Optional<Instant> sendAt = Optional.empty();
  private Optional<String> zone = Optional.empty();

  /**
   * @param choosesZones whether the caller may name the zone
   * @param zones names of the zones that there are
   */
  TermsReader(JsonReader reader, Front front, boolean choosesZones, Supplier<Set<String>> zones) {
    this.reader = reader;
    this.front = front;
    this.choosesZones = choosesZones;
    this.zones = zones;
  }

  @Override
  public boolean take(String field) throws IOException {
    switch (field) {
      case "sendAt" -> sendAt();
      case "tags" -> tags();
      case "metadata" -> metadata();
      case "zone" -> zone();
      default -> {
        return false;
      }
    }
    return true;
  }

  @Override
  public String names() {
    return ", sendAt, tags, metadata, zone";
  }

  private void sendAt() throws IOException {
    if (reader.absent()) {
      return;
    }
    String text = reader.text().string(WORD_CHARS_MAX);
    Instant at;
    try {
      at = OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      InputException wrong =
          reader.wrong(
              InputException.quoted(text) + " is no time, like 2026-01-31T08:00:00Z (RFC 3339)");
      wrong.initCause(e);
      throw wrong;
    }
    if (at.isAfter(front.clock().instant().plus(AHEAD_MAX))) {
      throw reader.wrong("is more than " + AHEAD_MAX.toDays() + " days ahead");
    }
    sendAt = Optional.of(at);
  }

  private void tags() throws IOException {
    if (reader.absent()) {
      return;
    }
    if (reader.token() != JsonToken.START_ARRAY) {
      throw reader.wrong("a list of strings is needed");
    }
    while (reader.next() != JsonToken.END_ARRAY) {
      String tag = reader.text().string(TAG_CHARS_MAX);
      if (tag.isBlank() || tag.chars().anyMatch(Character::isISOControl)) {
        throw reader.wrong("a tag is 1 to " + TAG_CHARS_MAX + " visible characters");
      }
      if (tags.contains(tag)) {
        throw reader.wrong("the tag " + InputException.quoted(tag) + " is there already");
      }
      if (tags.size() == TAGS_MAX) {
        throw reader.wrong("there are more than " + TAGS_MAX + " tags");
      }
      tags.add(tag);
    }
  }

  private void metadata() throws IOException {
    if (reader.absent()) {
      return;
    }
    String path = reader.path();
    if (reader.token() != JsonToken.START_OBJECT) {
      throw reader.wrong("an object is needed, like {\"order\": 17}");
    }
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      int depth = 0;
      do {
        depth += copy(json);
        json.flush();
        if (text.getBuffer().length() > METADATA_BYTES_MAX) {
          throw tooLarge(path);
        }
      } while (depth > 0 && reader.next() != JsonToken.NOT_AVAILABLE);
    }
    if (text.toString().getBytes(StandardCharsets.UTF_8).length > METADATA_BYTES_MAX) {
      throw tooLarge(path);
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text.toString())) {
      throw InputException.field(path, "holds half of a surrogate pair, which is no character");
    }
    metadata = text.toString().equals("{}") ? "" : text.toString();
  }

  private static InputException tooLarge(String path) {
    return InputException.field(path, "has more than " + METADATA_BYTES_MAX + " bytes");
  }

  /** Copies the token at hand; says how much deeper it leads. */
  private int copy(JsonGenerator json) throws IOException {
    switch (reader.token()) {
      case START_OBJECT -> json.writeStartObject();
      case START_ARRAY -> json.writeStartArray();
      case END_OBJECT -> json.writeEndObject();
      case END_ARRAY -> json.writeEndArray();
      case FIELD_NAME -> json.writeFieldName(reader.name());
      case VALUE_STRING -> json.writeString(reader.text().string(METADATA_BYTES_MAX));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.writeNumber(reader.numberText());
      case VALUE_TRUE -> json.writeBoolean(true);
      case VALUE_FALSE -> json.writeBoolean(false);
      case VALUE_NULL -> json.writeNull();
      case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> throw reader.wrong("a value is needed");
    }
    return switch (reader.token()) {
      case START_OBJECT, START_ARRAY -> 1;
      case END_OBJECT, END_ARRAY -> -1;
      default -> 0;
    };
  }

  private void zone() throws IOException {
    if (reader.absent()) {
      return;
    }
    String name = reader.text().string(WORD_CHARS_MAX).strip().toLowerCase(Locale.ROOT);
    if (!choosesZones) {
      throw reader.wrong("callers of this listener do not choose zones");
    }
    if (!zones.get().contains(name)) {
      throw reader.wrong("there is no zone " + InputException.quoted(name));
    }
    zone = Optional.of(name);
  }

  /** The time at which the message is to be sent, as it was given. */
  Optional<Instant> sendAtGiven() {
    return sendAt;
  }

  Terms terms(Optional<RequestKey> key) {
    long millis =
        sendAt.filter(front.clock().instant()::isBefore).map(Instant::toEpochMilli).orElse(0L);
    return new Terms(tags, metadata, millis, zone, key);
  }
}
