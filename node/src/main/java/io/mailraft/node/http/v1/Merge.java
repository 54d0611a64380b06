package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
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

  private Merge() {}

  /**
   * Merges.
   *
   * @param template fields for all messages of the batch
   * @param item fields of this one, which take their place, and {@code data}
   * @return the JSON of the message
   * @throws InputException if a template cannot be used
   */
  static byte[] message(JsonTree.Fields template, JsonTree.Fields item) throws IOException {
    Map<String, JsonTree> fields = new LinkedHashMap<>(template.fields());
    fields.putAll(item.fields());
    JsonTree data = fields.remove(BatchCall.DATA);
    Map<String, Object> values =
        switch (data) {
          case JsonTree.Fields given -> new MergeData().of(given);
          case null -> Map.of();
          case JsonTree.Items _,
              JsonTree.Text _,
              JsonTree.Numeral _,
              JsonTree.Truth _,
              JsonTree.Null _ ->
              throw InputException.field(BatchCall.DATA, "an object is needed");
        };
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      for (Map.Entry<String, JsonTree> field : fields.entrySet()) {
        String name = field.getKey();
        json.writeFieldName(name);
        if (MERGED.contains(name) && field.getValue() instanceof JsonTree.Text(String text)) {
          json.writeString(new MergeTemplate(name, text, ESCAPED.contains(name)).merge(values));
        } else {
          field.getValue().writeTo(json);
        }
      }
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }
}
