package io.mailraft.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The key {@code version} of a text: taken out of it, or put first. The rest stays as it was
 * written, with its comments.
 */
final class VersionKey {
  private static final String KEY = "version";

  private VersionKey() {}

  /** The text without the key. */
  static String without(String yaml) {
    String text = YamlText.withoutMark(yaml);
    Optional<Node> root = YamlText.compose(text, new Problems(KEY));
    if (root.isEmpty() || !(root.get() instanceof MappingNode mapping)) {
      return text;
    }
    List<NodeTuple> tuples = mapping.getValue();
    for (int i = 0; i < tuples.size(); i++) {
      if (tuples.get(i).getKeyNode() instanceof ScalarNode key && key.getValue().equals(KEY)) {
        return mapping.getFlowStyle() == FlowStyle.FLOW
            ? withoutEntry(text, mapping, i)
            : withoutLines(text, tuples, i);
      }
    }
    return text;
  }

  /** In braces the key goes with the comma behind it, or before it where it is the last of some. */
  private static String withoutEntry(String text, MappingNode mapping, int number) {
    List<NodeTuple> tuples = mapping.getValue();
    int from = start(text, tuples.get(number).getKeyNode());
    int to;
    if (number < tuples.size() - 1) {
      to = start(text, tuples.get(number + 1).getKeyNode());
    } else if (number > 0) {
      from = end(text, tuples.get(number - 1).getValueNode());
      to = end(text, tuples.get(number).getValueNode());
    } else {
      to = end(text, mapping) - 1;
    }
    return text.substring(0, from) + text.substring(to);
  }

  private static String withoutLines(String text, List<NodeTuple> tuples, int number) {
    int from = start(text, tuples.get(number).getKeyNode());
    while (from > 0 && !endsLine(text.charAt(from - 1))) {
      from--;
    }
    int to = end(text, tuples.get(number).getValueNode());
    while (to < text.length() && !endsLine(text.charAt(to))) {
      to++;
    }
    if (text.startsWith("\r\n", to)) {
      to += 2;
    } else if (to < text.length()) {
      to++;
    }
    String rest = text.substring(0, from) + text.substring(to);
    return tuples.size() > 1 ? rest : comments(rest);
  }

  /** What people wrote into a text that has no keys. */
  private static String comments(String text) {
    return text.lines()
        .filter(line -> line.isBlank() || line.stripLeading().startsWith("#"))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  private static boolean endsLine(char c) {
    return c == '\n' || c == '\r';
  }

  /** The text with the key, which it does not have, before all others. */
  static String with(String yaml, long version) {
    String text = YamlText.withoutMark(yaml);
    String entry = KEY + ": " + version;
    for (Event event : YamlText.events(text)) {
      if (event instanceof MappingStartEvent root) {
        Mark mark = root.getStartMark().orElseThrow();
        int at = index(text, mark);
        return root.isFlow()
            ? text.substring(0, at + 1) + entry + ", " + text.substring(at + 1)
            : text.substring(0, at)
                + entry
                + "\n"
                + " ".repeat(mark.getColumn())
                + text.substring(at);
      }
    }
    return entry + "\n" + comments(text);
  }

  private static int start(String text, Node node) {
    return index(text, node.getStartMark().orElseThrow());
  }

  private static int end(String text, Node node) {
    return index(text, node.getEndMark().orElseThrow());
  }

  /** Marks count code points. */
  private static int index(String text, Mark mark) {
    return text.offsetByCodePoints(0, mark.getIndex());
  }
}
