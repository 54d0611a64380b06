package io.mailraft.node.http.v1;

import io.mailraft.node.json.JsonTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The data of one recipient in the form that templates take: maps, lists, strings and truth values,
 * nothing that has methods worth calling.
 */
final class MergeData {
  private MergeData() {}

  /** Makes a template's view of a value. */
  static Map<String, Object> of(JsonTree.Fields data) {
    Map<String, Object> map = new HashMap<>();
    data.fields()
        .forEach(
            (name, value) -> {
              // What is null is as if it were not given.
              if (!(value instanceof JsonTree.Null)) {
                map.put(name, value(value));
              }
            });
    return map;
  }

  private static Object value(JsonTree value) {
    return switch (value) {
      case JsonTree.Fields fields -> of(fields);
      case JsonTree.Items(List<JsonTree> items) -> {
        List<Object> list = new ArrayList<>();
        items.forEach(item -> list.add(value(item)));
        yield list;
      }
      case JsonTree.Text(String text) -> text;
      case JsonTree.Numeral(String text) -> text;
      case JsonTree.Truth(boolean truth) -> truth;
      case JsonTree.Null() -> "";
    };
  }
}
