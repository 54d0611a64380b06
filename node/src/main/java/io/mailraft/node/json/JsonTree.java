package io.mailraft.node.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value in memory. For small documents: whoever reads one bounds it by the document's size,
 * and its depth is that of {@link JsonReader}.
 */
public sealed interface JsonTree {

  /** An object, its fields in the order in which they came. */
  record Fields(Map<String, JsonTree> fields) implements JsonTree {}

  /** A list. */
  record Items(List<JsonTree> items) implements JsonTree {}

  /** A string. */
  record Text(String text) implements JsonTree {}

  /** A number, as it is written. */
  record Numeral(String text) implements JsonTree {}

  /** True or false. */
  record Truth(boolean value) implements JsonTree {}

  /** Null. */
  record Null() implements JsonTree {}

  /**
   * Reads the value at hand.
   *
   * @param stringCharsMax longest string, in characters
   * @throws InputException if it is no JSON, or holds a longer string
   */
  static JsonTree read(JsonReader reader, int stringCharsMax) throws IOException {
    return switch (reader.token()) {
      case START_OBJECT -> {
        Map<String, JsonTree> fields = new LinkedHashMap<>();
        while (reader.next() != JsonToken.END_OBJECT) {
          String name = reader.name();
          reader.next();
          fields.put(name, read(reader, stringCharsMax));
        }
        yield new Fields(fields);
      }
      case START_ARRAY -> {
        List<JsonTree> items = new ArrayList<>();
        while (reader.next() != JsonToken.END_ARRAY) {
          items.add(read(reader, stringCharsMax));
        }
        yield new Items(items);
      }
      case VALUE_STRING -> new Text(reader.text().string(stringCharsMax));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Numeral(reader.numberText());
      case VALUE_TRUE -> new Truth(true);
      case VALUE_FALSE -> new Truth(false);
      case VALUE_NULL -> new Null();
      case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
          throw reader.wrong("a value is needed");
    };
  }

  /** Writes it. */
  default void writeTo(JsonGenerator json) throws IOException {
    switch (this) {
      case Fields(Map<String, JsonTree> fields) -> {
        json.writeStartObject();
        for (Map.Entry<String, JsonTree> field : fields.entrySet()) {
          json.writeFieldName(field.getKey());
          field.getValue().writeTo(json);
        }
        json.writeEndObject();
      }
      case Items(List<JsonTree> items) -> {
        json.writeStartArray();
        for (JsonTree item : items) {
          item.writeTo(json);
        }
        json.writeEndArray();
      }
      case Text(String text) -> json.writeString(text);
      case Numeral(String text) -> json.writeNumber(text);
      case Truth(boolean value) -> json.writeBoolean(value);
      case Null() -> json.writeNull();
    }
  }
}
