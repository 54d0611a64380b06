package io.mailraft.node.http.v1;

import com.samskivert.mustache.MustacheException;
import io.mailraft.node.json.JsonTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The data of one recipient in the form that templates take: maps, lists, strings and truth values,
 * nothing that has methods worth calling. Its lists count how often they are gone through, so that
 * loops within loops end.
 */
final class MergeData {
  /** Most list elements that all templates of one message may visit. */
  static final int STEPS_MAX = 100_000;

  private int steps;

  /** Makes a template's view of a value. */
  Map<String, Object> of(JsonTree.Fields data) {
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

  private Object value(JsonTree value) {
    return switch (value) {
      case JsonTree.Fields fields -> of(fields);
      case JsonTree.Items(List<JsonTree> items) -> {
        List<Object> list = new ArrayList<>();
        items.forEach(item -> list.add(value(item)));
        yield new Counted(list);
      }
      case JsonTree.Text(String text) -> text;
      case JsonTree.Numeral(String text) -> text;
      case JsonTree.Truth(boolean truth) -> truth;
      case JsonTree.Null() -> "";
    };
  }

  private final class Counted implements Iterable<Object> {
    private final List<Object> list;

    Counted(List<Object> list) {
      this.list = list;
    }

    @Override
    public Iterator<Object> iterator() {
      Iterator<Object> elements = list.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return elements.hasNext();
        }

        @Override
        public Object next() {
          if (++steps > STEPS_MAX) {
            throw new MustacheException("its loops take more than " + STEPS_MAX + " steps");
          }
          return elements.next();
        }
      };
    }

    @Override
    public String toString() {
      return list.toString();
    }
  }
}
