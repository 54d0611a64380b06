package io.mailraft.config;

import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * One text that is read as a whole: either everything in it can be used, or all its problems are
 * told.
 */
final class Document {

  private Document() {}

  /**
   * Reads a text.
   *
   * @param source name of the text, as messages show it
   * @param reader turns the root section into settings
   */
  static <T> T read(String text, String source, Function<Section, T> reader)
      throws ConfigException {
    Problems problems = new Problems(source);
    Optional<Node> node = YamlText.compose(text, problems);
    problems.throwIfAny();
    Section root =
        node.filter(present -> !Section.isEmpty(present))
            .map(present -> Section.of("", 1, present, problems))
            .orElseGet(() -> Section.absent("", 1, problems));
    T settings = reader.apply(root);
    root.end();
    problems.throwIfAny();
    return settings;
  }
}
