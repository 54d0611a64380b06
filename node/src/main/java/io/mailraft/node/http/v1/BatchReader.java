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
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Finds the parts of a batch in its text: where its template stands, and where each message. What
 * is in them is read later, by itself.
 *
 * <p>Each byte is read as one character, so that places among the characters are places among the
 * bytes; whoever reads a part looks at its encoding. Nothing of a part is kept.
 */
final class BatchReader {
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          // Doubles are looked for by whoever reads a part: here it would keep all names at once.
          // A table of names would keep them, however long, beyond the batch and for all others.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

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

  /** Where the document begins in its text. */
  private final int origin;

  private Optional<Stretch> template = Optional.empty();
  private final List<Item> messages = new ArrayList<>();

  private BatchReader(JsonParser parser, int origin) {
    this.parser = parser;
    this.origin = origin;
  }

  /**
   * Reads a whole document.
   *
   * @throws InputException if it is no batch
   */
  static Parts read(InputStream text) throws IOException {
    PushbackInputStream document = new PushbackInputStream(text, BYTE_ORDER_MARK.length);
    byte[] first = document.readNBytes(BYTE_ORDER_MARK.length);
    boolean marked = Arrays.equals(first, BYTE_ORDER_MARK);
    if (!marked) {
      document.unread(first);
    }
    try (JsonParser parser =
        JSON.createParser(new InputStreamReader(document, StandardCharsets.ISO_8859_1))) {
      BatchReader reader = new BatchReader(parser, marked ? first.length : 0);
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
                InputException.quoted(
                    new String(
                        field.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)),
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
    int start = place();
    boolean data = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      data |= Objects.equals(parser.currentName(), BatchCall.DATA);
      parser.nextToken();
      parser.skipChildren();
    }
    return new Item(new Stretch(start, place() + 1 - start), data);
  }

  /** Where the token at hand begins in the text. */
  private int place() {
    return origin + (int) parser.currentTokenLocation().getCharOffset();
  }
}
