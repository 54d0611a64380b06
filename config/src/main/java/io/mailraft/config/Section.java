package io.mailraft.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One mapping of a file while it is read. Each key that is asked for is a known one; {@link #end}
 * refuses the others.
 *
 * <p>A value that is absent or cannot be used gives the caller its fallback, so that reading goes
 * on and finds every problem; {@link #isSound} tells the two apart.
 */
final class Section {
  private static final Pattern WHOLE_NUMBER = Pattern.compile("-?[0-9]{1,18}");

  private final String path;
  private final int line;
  private final Problems problems;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Integer> keyLines = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();
  private final Set<String> broken = new HashSet<>();
  private boolean shaped = true;

  private Section(String path, int line, Problems problems) {
    this.path = path;
    this.line = line;
    this.problems = problems;
  }

  /** A section that the file does not have. */
  static Section absent(String path, int line, Problems problems) {
    return new Section(path, line, problems);
  }

  /**
   * The section at a node. Anything but a mapping is noted as a problem and read as absent.
   *
   * @param path the keys that lead to it, with dots; empty for the root
   * @param line where messages about absent keys point
   */
  static Section of(String path, int line, Node node, Problems problems) {
    Section section = new Section(path, line, problems);
    if (!(node instanceof MappingNode mapping)) {
      String what = path.isEmpty() ? "the file" : path;
      problems.add(YamlText.line(node), what + ": expected keys and values, found " + kind(node));
      section.shaped = false;
      return section;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      section.add(tuple);
    }
    return section;
  }

  private void add(NodeTuple tuple) {
    int keyLine = YamlText.line(tuple.getKeyNode());
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      problems.add(keyLine, prefix() + "expected a key, found " + kind(tuple.getKeyNode()));
      return;
    }
    if (values.putIfAbsent(key.getValue(), tuple.getValueNode()) == null) {
      keyLines.put(key.getValue(), keyLine);
    } else {
      problems.add(
          keyLine,
          name(key.getValue())
              + ": given twice, first in line "
              + keyLines.get(key.getValue())
              + "; keep one");
    }
  }

  private String prefix() {
    return path.isEmpty() ? "" : path + ": ";
  }

  private String name(String key) {
    String shortKey = Problems.shortened(key);
    return path.isEmpty() ? shortKey : path + "." + shortKey;
  }

  /** Line of the key, or of the section where the key is absent. */
  int line(String key) {
    return keyLines.getOrDefault(key, line);
  }

  /** Whether the section has the key. */
  boolean has(String key) {
    return values.containsKey(key);
  }

  /** Whether the file has keys and values here, or nothing. */
  boolean isShaped() {
    return shaped;
  }

  /** Whether no problem was noted at the key. */
  boolean isSound(String key) {
    return !broken.contains(key);
  }

  /** The keys that the file has here, in its order. */
  List<String> keys() {
    return List.copyOf(values.keySet());
  }

  /** Notes a problem at a key. */
  void refuse(String key, String text) {
    refuse(key, line(key), text);
  }

  private void refuse(String key, int atLine, String text) {
    broken.add(key);
    problems.add(atLine, name(key) + ": " + text);
  }

  /** The section below a key, absent where the key is. */
  Section section(String key) {
    asked.add(key);
    Node node = values.get(key);
    return node == null || isEmpty(node)
        ? absent(name(key), line(key), problems)
        : of(name(key), line(key), node, problems);
  }

  /** The sections below a key that holds one mapping or a list of them; one where it is absent. */
  List<Section> sections(String key, int countMax) {
    if (!(values.get(key) instanceof SequenceNode list)) {
      return List.of(section(key));
    }
    asked.add(key);
    if (list.getValue().isEmpty() || list.getValue().size() > countMax) {
      refuse(key, list.getValue().size() + " entries; expected 1 to " + countMax);
      return List.of(absent(name(key), line(key), problems));
    }
    return sections(key, list);
  }

  /** The sections of a list; none where the key is absent. */
  List<Section> entries(String key, int countMax) {
    asked.add(key);
    Node node = values.get(key);
    if (node == null || isEmpty(node)) {
      return List.of();
    }
    if (!(node instanceof SequenceNode list)) {
      refuse(key, YamlText.line(node), "expected a list of { ... }, found " + kind(node));
      return List.of();
    }
    if (list.getValue().size() > countMax) {
      refuse(key, list.getValue().size() + " entries; expected at most " + countMax);
      return List.of();
    }
    return sections(key, list);
  }

  private List<Section> sections(String key, SequenceNode list) {
    List<Section> sections = new ArrayList<>();
    for (Node entry : list.getValue()) {
      String entryPath = name(key) + "[" + sections.size() + "]";
      sections.add(of(entryPath, YamlText.line(entry), entry, problems));
    }
    return sections;
  }

  /**
   * The value of a key.
   *
   * @param parser throws {@link IllegalArgumentException} with a message that says what would be
   *     right
   */
  <T> T value(String key, T fallback, Function<String, T> parser) {
    return value(key, parser).orElse(fallback);
  }

  /** As above, empty where the key is absent. */
  <T> Optional<T> value(String key, Function<String, T> parser) {
    asked.add(key);
    Node node = values.get(key);
    return node == null ? Optional.empty() : scalar(key, node, (text, at) -> parser.apply(text));
  }

  /** Reads one value, and may refuse it as the parser of {@link #value} does. */
  @FunctionalInterface
  interface LineParser<T> {
    T parse(String text, int line);
  }

  /** The values of a list. */
  <T> List<T> list(String key, List<T> fallback, int countMax, Function<String, T> parser) {
    return entries(key, fallback, countMax, (text, at) -> parser.apply(text));
  }

  /** The values of a list, empty where the key is absent, for a parser that minds the line. */
  <T> List<T> listWithLines(String key, int countMax, LineParser<T> parser) {
    return entries(key, List.of(), countMax, parser);
  }

  /** As above, where one value may stand without brackets. */
  <T> List<T> oneOrMore(String key, int countMax, LineParser<T> parser) {
    asked.add(key);
    Node node = values.get(key);
    return node instanceof ScalarNode
        ? scalar(key, node, parser).map(List::of).orElse(List.of())
        : entries(key, List.of(), countMax, parser);
  }

  private <T> List<T> entries(String key, List<T> fallback, int countMax, LineParser<T> parser) {
    asked.add(key);
    Node node = values.get(key);
    if (node == null) {
      return fallback;
    }
    if (!(node instanceof SequenceNode list)) {
      refuse(key, YamlText.line(node), "expected a list like [a, b], found " + kind(node));
      return fallback;
    }
    if (list.getValue().size() > countMax) {
      refuse(key, list.getValue().size() + " entries; expected at most " + countMax);
      return fallback;
    }
    List<T> entries = new ArrayList<>();
    for (Node entry : list.getValue()) {
      scalar(key, entry, parser).ifPresent(entries::add);
    }
    return isSound(key) ? List.copyOf(entries) : fallback;
  }

  /** One of the words that stand for the constants of an enum. */
  <E extends Enum<E>> E word(String key, E fallback, Class<E> type) {
    return value(key, fallback, text -> Words.parse(type, text));
  }

  /** A whole number within a range. */
  int integer(String key, int fallback, int min, int max) {
    return value(
        key,
        fallback,
        text -> {
          if (!WHOLE_NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException(
                Problems.quoted(text) + " is not a whole number; expected " + min + " to " + max);
          }
          long number = Long.parseLong(text);
          if (number < min || number > max) {
            throw new IllegalArgumentException(text + " is not in " + min + " to " + max);
          }
          return (int) number;
        });
  }

  /** A number of bytes within a range. */
  long size(String key, long fallback, long min, long max) {
    return value(
        key,
        fallback,
        text -> {
          long bytes = Sizes.parse(text);
          if (bytes < min || bytes > max) {
            throw new IllegalArgumentException(
                text + " is not in " + Sizes.format(min) + " to " + Sizes.format(max));
          }
          return bytes;
        });
  }

  /** A length of time within a range. */
  Duration duration(String key, Duration fallback, Duration min, Duration max) {
    return value(key, fallback, text -> durationWithin(text, min, max));
  }

  /** Lengths of time, each within a range. */
  List<Duration> durations(
      String key, List<Duration> fallback, int countMax, Duration min, Duration max) {
    return list(key, fallback, countMax, text -> durationWithin(text, min, max));
  }

  private static Duration durationWithin(String text, Duration min, Duration max) {
    Duration duration = Durations.parse(text);
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          text + " is not in " + Durations.format(min) + " to " + Durations.format(max));
    }
    return duration;
  }

  /** Yes or no. */
  boolean flag(String key, boolean fallback) {
    asked.add(key);
    Node node = values.get(key);
    if (node == null) {
      return fallback;
    }
    if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
      return Boolean.parseBoolean(scalar.getValue());
    }
    refuse(key, YamlText.line(node), "expected true or false, found " + kind(node));
    return fallback;
  }

  private <T> Optional<T> scalar(String key, Node node, LineParser<T> parser) {
    int at = YamlText.line(node);
    if (!(node instanceof ScalarNode scalar)) {
      refuse(key, at, "expected one value, found " + kind(node));
    } else if (scalar.getTag().equals(Tag.NULL)) {
      refuse(key, at, "has no value; give one, or leave the key out for the default");
    } else if (scalar.getTag().equals(Tag.BOOL)) {
      refuse(key, at, "expected text or a number, found " + scalar.getValue());
    } else {
      try {
        return Optional.of(parser.parse(scalar.getValue(), at));
      } catch (IllegalArgumentException e) {
        refuse(key, at, String.valueOf(e.getMessage()));
      }
    }
    return Optional.empty();
  }

  /** Refuses every key that nobody asked for. */
  void end() {
    for (String key : values.keySet()) {
      if (!asked.contains(key)) {
        problems.add(line(key), name(key) + ": unknown key; " + Suggestion.text(key, asked));
      }
    }
  }

  /** A key without anything behind it, which says nothing of a section. */
  static boolean isEmpty(Node node) {
    return node instanceof ScalarNode && node.getTag().equals(Tag.NULL);
  }

  private static String kind(Node node) {
    return switch (node) {
      case MappingNode mapping -> "keys and values";
      case SequenceNode list -> "a list";
      case ScalarNode scalar when isEmpty(node) -> "nothing";
      case ScalarNode scalar -> Problems.quoted(scalar.getValue());
      default -> "something else";
    };
  }
}
