package io.mailraft.node.mime;

import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code headers}: an object of names and values, or a list of {@code {"key": ..., "value":
 * ...}}. A value is a string, {@code {"prepared": true, "value": ...}}, or a list of these.
 */
final class HeaderFieldReader {
  private static final int FIELDS_MAX = 1_000;

  private final JsonReader reader;
  private final List<HeaderField> fields = new ArrayList<>();

  private HeaderFieldReader(JsonReader reader) {
    this.reader = reader;
  }

  /** Reads the value at hand. */
  static List<HeaderField> read(JsonReader reader) throws IOException {
    HeaderFieldReader into = new HeaderFieldReader(reader);
    if (!reader.absent()) {
      into.fields();
    }
    return into.fields;
  }

  private void fields() throws IOException {
    switch (reader.token()) {
      case START_OBJECT -> {
        while (reader.next() != JsonToken.END_OBJECT) {
          String name = reader.name();
          reader.next();
          value(name, reader.path());
        }
      }
      case START_ARRAY -> {
        while (reader.next() != JsonToken.END_ARRAY) {
          keyed();
        }
      }
      default -> throw reader.wrong("an object of header names and values is needed");
    }
  }

  /** {@code {"key": "X-Name", "value": ...}} with its fields in this order or the other. */
  private void keyed() throws IOException {
    String path = reader.path();
    if (reader.token() != JsonToken.START_OBJECT) {
      throw reader.wrong("an object with key and value is needed");
    }
    String name = "";
    int before = fields.size();
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      switch (field) {
        case "key" -> name = reader.text().string(HeaderField.VALUE_CHARS_MAX);
        // The name may come behind: one that will do stands in until then.
        case "value" -> value("X", reader.path());
        default -> throw reader.wrong("is no field of a header; there are key and value");
      }
    }
    for (int i = before; i < fields.size(); i++) {
      HeaderField value = fields.get(i);
      fields.set(i, HeaderField.of(path, name, value.value(), value.prepared()));
    }
  }

  private void value(String name, String path) throws IOException {
    switch (reader.token()) {
      case VALUE_STRING ->
          add(HeaderField.of(path, name, reader.text().string(HeaderField.VALUE_CHARS_MAX), false));
      case VALUE_NUMBER_INT ->
          add(HeaderField.of(path, name, String.valueOf(reader.number()), false));
      case VALUE_NULL, VALUE_FALSE -> {}
      case START_OBJECT -> prepared(name, path);
      case START_ARRAY -> {
        while (reader.next() != JsonToken.END_ARRAY) {
          if (reader.token() == JsonToken.START_ARRAY) {
            throw reader.wrong("a list stands within a list");
          }
          value(name, reader.path());
        }
      }
      default -> throw reader.wrong("a string is needed");
    }
  }

  private void prepared(String name, String path) throws IOException {
    boolean prepared = false;
    String value = "";
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      switch (field) {
        case "prepared" -> prepared = flag();
        // Lines are folded where they can be, asked for or not.
        case "foldLines" -> flag();
        case "value" -> value = reader.text().string(HeaderField.VALUE_CHARS_MAX);
        default ->
            throw reader.wrong(
                "is no field of a header's value; there are value, prepared and foldLines");
      }
    }
    add(HeaderField.of(path, name, value, prepared));
  }

  private boolean flag() throws IOException {
    if (reader.token() != JsonToken.VALUE_TRUE && !reader.absent()) {
      throw reader.wrong("true or false is needed");
    }
    return reader.token() == JsonToken.VALUE_TRUE;
  }

  private void add(HeaderField field) throws InputException {
    if (fields.size() == FIELDS_MAX) {
      throw new InputException(
          Fault.INVALID_FIELD, field.path() + ": there are more than " + FIELDS_MAX + " headers");
    }
    if (!field.value().isEmpty()) {
      fields.add(field);
    }
  }
}
