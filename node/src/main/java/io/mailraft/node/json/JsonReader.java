package io.mailraft.node.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.spool.SpoolFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads one JSON document, token by token. The caller knows what it wants to find next. */
public final class JsonReader implements AutoCloseable {
  private static final int DEPTH_MAX = 16;
  private static final int NUMBER_CHARS_MAX = 32;

  /** Most characters that all values in memory have together, and the names of fields. */
  private static final int KEPT_CHARS_MAX = 4 << 20;

  /** What a character that is kept takes of the heap, in bytes. */
  private static final int HEAP_PER_CHAR = 2;

  /** What a value costs beside its characters, in characters. */
  private static final int KEPT_EACH = 32;

  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxNumberLength(NUMBER_CHARS_MAX)
                  .maxNameLength(LongStrings.SHORT_BYTES_MAX)
                  .maxStringLength(LongStrings.SHORT_BYTES_MAX)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names are the client's: a table of them, which all documents share, would be filled
          // with whatever it likes, and stay.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final SpoolFile spool;
  private final HeapShare heap;
  private final LongStrings input;
  private final JsonParser parser;
  private JsonToken token = JsonToken.NOT_AVAILABLE;
  private Optional<LongString> spooled = Optional.empty();
  private Optional<Fingerprint> fingerprint = Optional.empty();
  private long strings;
  private long kept;

  /**
   * Starts before the first token.
   *
   * @param body the document; is not closed
   * @param spool takes its long strings
   * @param heap what is kept in memory may take of it
   * @param maxBytes largest document, in bytes
   */
  public JsonReader(InputStream body, SpoolFile spool, HeapShare heap, long maxBytes)
      throws IOException {
    this.spool = spool;
    this.heap = heap;
    this.input = new LongStrings(body, spool, maxBytes);
    // UTF-8 it is, whatever the first bytes look like; and it is well-formed, which input sees to.
    this.parser = FACTORY.createParser(new InputStreamReader(input, StandardCharsets.UTF_8));
  }

  /** Has a fingerprint taken of the document. Called before the first token. */
  public Fingerprint fingerprint() {
    Fingerprint made = new Fingerprint();
    fingerprint = Optional.of(made);
    return made;
  }

  /**
   * Goes to the next token, and returns it.
   *
   * @throws InputException if there is none, or what comes is no JSON
   */
  public JsonToken next() throws IOException {
    Optional<JsonToken> next = advance();
    if (next.isEmpty()) {
      throw new InputException(Fault.INVALID_CONTENT, "the body is no JSON: it ends too early");
    }
    return next.get();
  }

  private Optional<JsonToken> advance() throws IOException {
    Optional<JsonToken> next;
    try {
      next = Optional.ofNullable(parser.nextToken());
    } catch (JsonProcessingException e) {
      throw noJson(e);
    }
    token = next.orElse(JsonToken.NOT_AVAILABLE);
    int chars = KEPT_EACH;
    if (token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME) {
      strings++;
      try {
        // Has the parser read the string to its end, so that it is known whether it was a long one.
        chars += parser.getTextLength();
      } catch (JsonProcessingException e) {
        throw noJson(e);
      }
      spooled = input.take(strings);
      if (token == JsonToken.FIELD_NAME && spooled.isPresent()) {
        throw InputException.field(
            path(), "the name of a field is longer than " + LongStrings.SHORT_BYTES_MAX + " bytes");
      }
    }
    keep(this::path, chars);
    if (fingerprint.isPresent()) {
      tell(fingerprint.get());
    }
    return next;
  }

  private void keep(Supplier<String> path, long chars) throws InputException {
    kept += chars;
    if (kept > KEPT_CHARS_MAX) {
      throw InputException.tooLarge(path.get());
    }
    InputException.take(heap, chars * HEAP_PER_CHAR, path);
  }

  private void tell(Fingerprint of) throws IOException {
    switch (token) {
      case START_OBJECT -> of.begin(true);
      case START_ARRAY -> of.begin(false);
      case END_OBJECT, END_ARRAY -> of.end();
      case FIELD_NAME -> of.name(name());
      case VALUE_STRING -> {
        if (spooled.isPresent()) {
          of.string(spool.read(spooled.get().offset(), spooled.get().bytes()));
        } else {
          of.string(parser.getText());
        }
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE, VALUE_NULL ->
          of.word(parser.getText());
      case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> {}
    }
  }

  private static InputException noJson(JsonProcessingException e) {
    String message = String.valueOf(e.getOriginalMessage());
    String where =
        Optional.ofNullable(e.getLocation())
            .map(at -> " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")
            .orElse("");
    return new InputException(
        Fault.INVALID_CONTENT,
        "the body is no JSON: " + message.lines().findFirst().orElse("") + where,
        e);
  }

  /** The token at hand. */
  public JsonToken token() {
    return token;
  }

  /** Name of the field at hand, or of the field whose value is at hand. */
  public String name() throws IOException {
    String name = parser.currentName();
    return name == null ? "" : name;
  }

  /** The string at hand. */
  public Text text() throws IOException {
    if (token != JsonToken.VALUE_STRING) {
      throw wrong("a string is needed");
    }
    return spooled.isPresent()
        // A long string comes to memory after all.
        ? Text.of(path(), spooled.get(), spool, (path, bytes) -> keep(() -> path, bytes))
        : Text.of(path(), parser.getText(), spool);
  }

  /** Whether the value at hand is null or false, which is the same as not giving it. */
  public boolean absent() {
    return token == JsonToken.VALUE_NULL || token == JsonToken.VALUE_FALSE;
  }

  /** The number at hand. */
  public long number() throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) {
      throw wrong("a whole number is needed");
    }
    try {
      return parser.getLongValue();
    } catch (JsonProcessingException e) {
      throw InputException.field(path(), "the number is too large");
    }
  }

  /** Where the token at hand stands, as in {@code to[1].address}. */
  public String path() {
    StringBuilder path = new StringBuilder();
    path(parser.getParsingContext(), path);
    return path.isEmpty() ? "the body" : path.toString();
  }

  private static void path(JsonStreamContext context, StringBuilder path) {
    Optional<JsonStreamContext> parent = Optional.ofNullable(context.getParent());
    if (parent.isEmpty()) {
      return;
    }
    path(parent.get(), path);
    if (context.inArray()) {
      // A list that has just begun stands where its owner does.
      if (context.hasCurrentIndex()) {
        path.append('[').append(context.getCurrentIndex()).append(']');
      }
    } else if (context.hasCurrentName() && !context.getCurrentName().isEmpty()) {
      String name = InputException.quoted(context.getCurrentName());
      path.append(path.isEmpty() ? "" : ".").append(name, 1, name.length() - 1);
    }
  }

  /** A refusal of the value at hand. */
  public InputException wrong(String what) {
    return InputException.field(path(), what);
  }

  /** A number as it is written. */
  public String numberText() throws IOException {
    return parser.getText();
  }

  /** Sees to it that nothing follows the document. */
  public void end() throws IOException {
    if (advance().isPresent()) {
      throw new InputException(
          Fault.INVALID_CONTENT, "the body is no JSON: something follows the document");
    }
  }

  /** Ends the reading. Texts stay of use. */
  @Override
  public void close() throws IOException {
    parser.close();
  }
}
