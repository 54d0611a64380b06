package io.mailraft.node.mime;

import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads addresses as JSON has them: a string that is an address list, {@code {"name": ...,
 * "address": ...}}, or a list of both.
 */
final class AddressReader {
  private static final int LIST_CHARS_MAX = 4 << 20;
  private static final int FIELD_CHARS_MAX = 1_000;

  private final JsonReader reader;
  private final AddressLimit limit;
  private final List<Addressee> found = new ArrayList<>();

  private AddressReader(JsonReader reader, AddressLimit limit) {
    this.reader = reader;
    this.limit = limit;
  }

  /** Reads the value at hand. */
  static List<Addressee> read(JsonReader reader, AddressLimit limit) throws IOException {
    AddressReader into = new AddressReader(reader, limit);
    into.value(0);
    return into.found;
  }

  private void value(int depth) throws IOException {
    if (reader.absent()) {
      return;
    }
    switch (reader.token()) {
      case VALUE_STRING ->
          found.addAll(
              AddressList.parse(reader.path(), reader.text().string(LIST_CHARS_MAX), limit));
      case START_OBJECT -> object();
      case START_ARRAY -> {
        if (depth > 1) {
          throw reader.wrong("a list stands within a list");
        }
        while (reader.next() != JsonToken.END_ARRAY) {
          value(depth + 1);
        }
      }
      default ->
          throw reader.wrong(
              "an address is needed: a string, or {\"name\": ..., \"address\": ...}");
    }
  }

  private void object() throws IOException {
    String path = reader.path();
    String name = "";
    String address = "";
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      switch (field) {
        case "name" -> {
          name = string();
          HeaderText.check(reader.path(), name, FIELD_CHARS_MAX);
        }
        case "address" -> {
          address = string();
          // Judged here, where the path is that of the field.
          Mailbox.of(reader.path(), "", address.strip());
        }
        default -> throw reader.wrong("is no field of an address; there are name and address");
      }
    }
    if (address.isEmpty()) {
      throw InputException.field(path, "has no address");
    }
    limit.count(path);
    found.add(Mailbox.of(path, name, address.strip()));
  }

  private String string() throws IOException {
    return reader.absent() ? "" : reader.text().string(FIELD_CHARS_MAX);
  }
}
