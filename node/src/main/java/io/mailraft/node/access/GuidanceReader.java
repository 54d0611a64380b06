package io.mailraft.node.access;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.mailraft.api.log.DkimKey;
import io.mailraft.api.log.DkimOrder;
import io.mailraft.node.message.SmtpPath;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Reads the JSON by which the user's own application answers. Unknown fields are passed over. */
final class GuidanceReader {
  private static final int KEYS_MAX = 8;
  private static final int KEY_CHARS_MAX = 8 << 10;
  private static final int DEPTH_MAX = 16;
  private static final Duration DEFER_MAX = Duration.ofDays(365);
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          // No names outlive their answer in a table that all answers share.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxNumberLength(20)
                  .build())
          .build();

  private Optional<String> sender = Optional.empty();
  private Optional<Duration> defer = Optional.empty();
  private Optional<String> zone = Optional.empty();
  private Optional<DkimOrder> dkim = Optional.empty();
  private Optional<String> error = Optional.empty();
  private int code;

  private GuidanceReader() {}

  /**
   * Reads an answer; an empty one says nothing.
   *
   * @throws GuidanceException if the application refuses the message
   * @throws IOException if it cannot be understood; the message repeats nothing of it
   */
  static Guidance read(byte[] answer) throws IOException, GuidanceException {
    if (answer.length == 0) {
      return Guidance.NONE;
    }
    GuidanceReader reader = new GuidanceReader();
    try (JsonParser json = JSON.createParser(answer)) {
      expect(json.nextToken(), JsonToken.START_OBJECT, "the answer", "an object");
      reader.fields(json);
      if (json.nextToken() != null) {
        throw new IOException("something follows the JSON object");
      }
    } catch (JsonParseException e) {
      throw new IOException("no JSON at line " + e.getLocation().getLineNr());
    } catch (JsonProcessingException e) {
      throw new IOException("JSON beyond its limits: " + e.getClass().getSimpleName());
    }
    if (reader.error.isPresent()) {
      throw GuidanceException.refused(reader.code, reader.error.get());
    }
    return new Guidance(reader.sender, reader.defer, reader.zone, reader.dkim);
  }

  private void fields(JsonParser json) throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      switch (name) {
        case "error" -> error = error(json, value);
        case "code" -> code = Math.clamp(number(json, value, name), 0, 999);
        case "rewriteFrom" -> sender = text(json, value, name).map(GuidanceReader::sender);
        case "deferDelivery" -> {
          long millis = number(json, value, name);
          defer =
              millis <= 0
                  ? Optional.empty()
                  : Optional.of(Duration.ofMillis(Math.min(millis, DEFER_MAX.toMillis())));
        }
        case "sendingZone" -> zone = text(json, value, name).filter(given -> !given.isBlank());
        case "dkim" -> dkim = dkim(json, value);
        default -> json.skipChildren();
      }
    }
    if (sender.filter(String::isEmpty).isPresent()) {
      throw new IOException("rewriteFrom is no address");
    }
  }

  /** Anything but nothing refuses: {@code "error": true} is an error too. */
  private static Optional<String> error(JsonParser json, JsonToken value) throws IOException {
    return switch (value) {
      case VALUE_NULL, VALUE_FALSE -> Optional.empty();
      case VALUE_STRING ->
          json.getText().isEmpty() ? Optional.empty() : Optional.of(json.getText());
      case VALUE_TRUE -> Optional.of("");
      default -> {
        json.skipChildren();
        yield Optional.of("");
      }
    };
  }

  /** An address as a reverse path has it; empty for what is none. */
  private static String sender(String text) {
    String path = text.startsWith("<") ? text : "<" + text + ">";
    return SmtpPath.parse(path, 0)
        .filter(parsed -> parsed.hasDomain() && parsed.end() == path.length())
        .map(SmtpPath::address)
        .orElse("");
  }

  private static Optional<DkimOrder> dkim(JsonParser json, JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NULL || value == JsonToken.VALUE_FALSE) {
      return Optional.empty();
    }
    expect(value, JsonToken.START_OBJECT, "dkim", "an object");
    DkimOrder.Builder order = DkimOrder.newBuilder();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken inner = json.nextToken();
      switch (name) {
        case "hashAlgo" -> text(json, inner, "dkim.hashAlgo").ifPresent(order::setHashAlgo);
        case "keys" -> keys(json, inner, order);
        default -> json.skipChildren();
      }
    }
    return Optional.of(order.build());
  }

  private static void keys(JsonParser json, JsonToken value, DkimOrder.Builder order)
      throws IOException {
    if (value == JsonToken.VALUE_NULL || value == JsonToken.VALUE_FALSE) {
      return;
    }
    if (value != JsonToken.START_ARRAY) {
      order.addKeys(key(json, value));
      return;
    }
    for (JsonToken entry = json.nextToken();
        entry != JsonToken.END_ARRAY;
        entry = json.nextToken()) {
      if (order.getKeysCount() == KEYS_MAX) {
        throw new IOException("dkim.keys: more than " + KEYS_MAX);
      }
      order.addKeys(key(json, entry));
    }
  }

  private static DkimKey key(JsonParser json, JsonToken value) throws IOException {
    expect(value, JsonToken.START_OBJECT, "a key of dkim.keys", "an object");
    DkimKey.Builder key = DkimKey.newBuilder();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken inner = json.nextToken();
      switch (name) {
        case "domainName" -> text(json, inner, name).ifPresent(key::setDomainName);
        case "keySelector" -> text(json, inner, name).ifPresent(key::setKeySelector);
        case "privateKey" -> text(json, inner, name).ifPresent(key::setPrivateKey);
        default -> json.skipChildren();
      }
    }
    if (key.getDomainName().isEmpty()
        || key.getKeySelector().isEmpty()
        || key.getPrivateKey().isEmpty()) {
      throw new IOException("a key of dkim.keys needs domainName, keySelector and privateKey");
    }
    return key.build();
  }

  private static Optional<String> text(JsonParser json, JsonToken value, String name)
      throws IOException {
    if (value == JsonToken.VALUE_NULL || value == JsonToken.VALUE_FALSE) {
      return Optional.empty();
    }
    expect(value, JsonToken.VALUE_STRING, name, "a string");
    String text = json.getText();
    if (text.length() > KEY_CHARS_MAX) {
      throw new IOException(name + ": more than " + KEY_CHARS_MAX + " characters");
    }
    return Optional.of(text);
  }

  private static long number(JsonParser json, JsonToken value, String name) throws IOException {
    return switch (value) {
      case VALUE_NULL, VALUE_FALSE -> 0;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> (long) json.getDoubleValue();
      case VALUE_STRING -> {
        try {
          yield Long.parseLong(json.getText().strip());
        } catch (NumberFormatException e) {
          throw new IOException(name + ": expected a number", e);
        }
      }
      default -> throw new IOException(name + ": expected a number");
    };
  }

  private static void expect(JsonToken found, JsonToken wanted, String what, String kind)
      throws IOException {
    if (found != wanted) {
      throw new IOException(what + ": expected " + kind);
    }
  }
}
