package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Finds the parts of a batch in its text: where its template stands, and where each message. What
 * is in them is read later, by itself.
 */
final class BatchReader {
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          // Doubles are looked for by whoever reads a part: here it would keep all names at once.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  /** A part of the text. */
  record Stretch(int offset, int length) {}

  /**
   * A message.
   *
   * @param hasData whether it has data to be merged
   */
  record Item(Stretch stretch, boolean hasData) {}

  /**
   * The parts of a batch.
   *
   * @param template what all messages share
   * @param messages each message
   */
  record Parts(Optional<Stretch> template, List<Item> messages) {}

  private final JsonParser parser;
  private final long length;
  private Optional<Stretch> template = Optional.empty();
  private final List<Item> messages = new ArrayList<>();

  private BatchReader(JsonParser parser, long length) {
    this.parser = parser;
    this.length = length;
  }

  /**
   * Reads a whole document.
   *
   * @throws InputException if it is no batch
   */
  static Parts read(InputStream text, long length) throws IOException {
    try (JsonParser parser = JSON.createParser(text)) {
      BatchReader reader = new BatchReader(parser, length);
      reader.read();
      return new Parts(reader.template, reader.messages);
    } catch (JsonProcessingException e) {
      String message = String.valueOf(e.getOriginalMessage());
      throw new InputException(
          Fault.INVALID_CONTENT,
          "the body is no JSON: " + message.lines().findFirst().orElse(""),
          e);
    }
  }

  private void read() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new InputException(
          Fault.INVALID_CONTENT,
          "the body is no batch: an object like {\"messages\": [...]} is needed");
    }
    boolean any = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = String.valueOf(parser.currentName());
      parser.nextToken();
      switch (field) {
        case "template" -> {
          once("template", template.isPresent());
          template = Optional.of(object("template").stretch());
        }
        case "messages" -> {
          once("messages", any);
          any = true;
          messages();
        }
        default ->
            throw InputException.field(
                InputException.quoted(field),
                "is no field of a batch; there are template and messages");
      }
    }
    if (parser.nextToken() != null) {
      throw new InputException(
          Fault.INVALID_CONTENT, "the body is no JSON: something follows the document");
    }
    if (!any) {
      throw InputException.field("messages", "is missing");
    }
  }

  private static void once(String field, boolean again) throws InputException {
    if (again) {
      throw new InputException(
          Fault.INVALID_CONTENT, "the body is no JSON: Duplicate field '" + field + "'");
    }
  }

  private void messages() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw InputException.field("messages", "a list of messages is needed");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (messages.size() == BatchCall.MESSAGES_MAX) {
        throw InputException.field(
            "messages", "there are more than " + BatchCall.MESSAGES_MAX + " messages");
      }
      messages.add(object("messages[" + messages.size() + "]"));
    }
  }

  private Item object(String path) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw InputException.field(path, "an object is needed");
    }
    int start = (int) parser.currentTokenLocation().getByteOffset();
    boolean data = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      data |= Objects.equals(parser.currentName(), BatchCall.DATA);
      parser.nextToken();
      parser.skipChildren();
    }
    int end = (int) parser.currentTokenLocation().getByteOffset() + 1;
    if (start < 0 || end <= start || end > length) {
      throw new InputException(Fault.INVALID_CONTENT, "the body is not UTF-8");
    }
    return new Item(new Stretch(start, end - start), data);
  }
}
