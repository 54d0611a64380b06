package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonTree;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Makes one message of a batch's template, an item's own fields and its data. The result is the
 * JSON of a message, which is read and checked like one that came by itself: so what a value brings
 * can do no more than what a client can write.
 */
final class Merge {
  private static final JsonFactory JSON = new JsonFactory();

  /** Fields that are templates, and of them those in which values are escaped. */
  private static final Set<String> MERGED = Set.of("subject", "text", "html", "amp");

  private static final Set<String> ESCAPED = Set.of("html", "amp");

  private static final String CONTENT = "content";
  private static final Set<String> TEXT_CODINGS = Set.of("", "utf-8", "utf8");

  private Merge() {}

  /**
   * Merges.
   *
   * @param template fields for all messages of the batch
   * @param item fields of this one, which take their place, and {@code data}
   * @param out takes the JSON of the message
   * @throws InputException if a template cannot be used
   */
  static void message(JsonTree.Fields template, JsonTree.Fields item, OutputStream out)
      throws IOException {
    Map<String, JsonTree> fields = new LinkedHashMap<>(template.fields());
    fields.putAll(item.fields());
    JsonTree data = fields.remove(BatchCall.DATA);
    Map<String, Object> values =
        switch (data) {
          case JsonTree.Fields given -> MergeData.of(given);
          case null -> Map.of();
          case JsonTree.Items _,
              JsonTree.Text _,
              JsonTree.Numeral _,
              JsonTree.Truth _,
              JsonTree.Null _ ->
              throw InputException.field(BatchCall.DATA, "an object is needed");
        };
    MergeSteps steps = new MergeSteps();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      for (Map.Entry<String, JsonTree> field : fields.entrySet()) {
        String name = field.getKey();
        json.writeFieldName(name);
        if (MERGED.contains(name)) {
          merged(json, name, field.getValue(), values, steps);
        } else {
          field.getValue().writeTo(json);
        }
      }
      json.writeEndObject();
    }
  }

  /** Writes a field that is a template, as a string or as an object with {@code content}. */
  private static void merged(
      JsonGenerator json, String name, JsonTree value, Map<String, Object> values, MergeSteps steps)
      throws IOException {
    switch (value) {
      case JsonTree.Text(String text) ->
          json.writeString(
              new MergeTemplate(name, text, ESCAPED.contains(name), steps).merge(values));
      case JsonTree.Fields(Map<String, JsonTree> part) -> {
        json.writeStartObject();
        for (Map.Entry<String, JsonTree> field : part.entrySet()) {
          json.writeFieldName(field.getKey());
          if (field.getKey().equals(CONTENT)
              && field.getValue() instanceof JsonTree.Text(String text)) {
            checkText(name, part);
            String path = name + "." + CONTENT;
            json.writeString(
                new MergeTemplate(path, text, ESCAPED.contains(name), steps).merge(values));
          } else {
            field.getValue().writeTo(json);
          }
        }
        json.writeEndObject();
      }
      // No template; what is wrong with it is told by whoever reads the message.
      case JsonTree.Items _, JsonTree.Numeral _, JsonTree.Truth _, JsonTree.Null _ ->
          value.writeTo(json);
    }
  }

  /** Content in another coding is no text yet, and would go out with its braces as they are. */
  private static void checkText(String name, Map<String, JsonTree> part) throws InputException {
    if (part.get("encoding") instanceof JsonTree.Text(String coding)
        && !TEXT_CODINGS.contains(coding.strip().toLowerCase(Locale.ROOT))) {
      throw InputException.field(
          name + ".encoding", "a template is text: give its content as utf-8");
    }
  }
}
