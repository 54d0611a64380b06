package io.mailraft.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The plain part of YAML that Mailraft's files use: one document of mappings, lists and scalars,
 * with bounds on each.
 *
 * <p>A first pass looks at the parser's events alone, which needs no memory for nesting beyond one
 * list entry a level. Only a text within all bounds is composed into nodes, which recurses and
 * resolves scalars.
 */
final class YamlText {
  /** Largest file, in bytes: room for the routing of 1,000 zones with 100,000 long domains. */
  static final int FILE_BYTES_MAX = 4 << 20;

  /**
   * Longest text, in characters. {@link ClusterYaml#format} may need more for what a file says, and
   * the log takes 8 MiB.
   */
  static final int TEXT_CHARS_MAX = ClusterYaml.TEXT_BYTES_MAX;

  /** Deepest nesting; what we read needs seven levels. */
  static final int DEPTH_MAX = 10;

  /** Longest single value, in characters. */
  static final int SCALAR_CHARS_MAX = 4096;

  private YamlText() {}

  /** The text of a file, in UTF-8. */
  static String read(Path file) throws ConfigException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(FILE_BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      throw new ConfigException(file + ": there is no such file", e);
    } catch (IOException e) {
      throw new ConfigException(file + ": the file cannot be read: " + e.getMessage(), e);
    }
    if (bytes.length > FILE_BYTES_MAX) {
      throw new ConfigException(
          file
              + ": the file is larger than "
              + Sizes.format(FILE_BYTES_MAX)
              + ", which no settings need");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ConfigException(file + ": the file is not UTF-8 text", e);
    }
  }

  /**
   * The root of the document; empty for a document without content.
   *
   * @param problems where the first thing outside the plain part is noted; nothing is returned then
   */
  static Optional<Node> compose(String text, Problems problems) {
    if (text.length() > TEXT_CHARS_MAX) {
      problems.add(1, "the text is larger than " + Sizes.format(TEXT_CHARS_MAX));
      return Optional.empty();
    }
    String body = withoutMark(text);
    LoadSettings settings = settings();
    try {
      return isPlain(body, settings, problems)
          ? new Compose(settings).composeString(body)
          : Optional.empty();
    } catch (MarkedYamlEngineException e) {
      String context = e.getContext() == null ? "" : e.getContext() + ": ";
      problems.add(
          e.getProblemMark().or(e::getContextMark).map(YamlText::line).orElse(1),
          "this is not YAML: " + context + e.getProblem());
    } catch (ReaderException e) {
      problems.add(
          lineOf(body, e.getPosition()),
          "this is not YAML: the character U+%04X may not stand here".formatted(e.getCodePoint()));
    } catch (YamlEngineException e) {
      problems.add(1, "this is not YAML: " + e.getMessage());
    }
    return Optional.empty();
  }

  private static LoadSettings settings() {
    return LoadSettings.builder().setCodePointLimit(TEXT_CHARS_MAX + 1).build();
  }

  /** The text without its byte order mark, from where all marks count. */
  static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /** The parser's events of a text that {@link #compose} takes, parsed as they are asked for. */
  static Iterable<Event> events(String text) {
    return new Parse(settings()).parseString(text);
  }

  private static boolean isPlain(String text, LoadSettings settings, Problems problems) {
    int depth = 0;
    int documents = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      int line = event.getStartMark().map(YamlText::line).orElse(1);
      if (event instanceof DocumentStartEvent && ++documents > 1) {
        problems.add(line, "a second document begins here; one file holds one document");
        return false;
      }
      if (event instanceof AliasEvent
          || (event instanceof NodeEvent node && node.getAnchor().isPresent())) {
        problems.add(line, "anchors (&) and aliases (*) are not supported; write the value out");
        return false;
      }
      if (event instanceof CollectionStartEvent start) {
        depth++;
        if (depth > DEPTH_MAX) {
          problems.add(line, "more than " + DEPTH_MAX + " levels of nesting");
          return false;
        }
        if (start.getTag().isPresent()) {
          problems.add(line, "tags (!) are not supported; leave it out");
          return false;
        }
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      } else if (event instanceof ScalarEvent scalar) {
        if (scalar.getTag().isPresent()) {
          problems.add(line, "tags (!) are not supported; leave it out");
          return false;
        }
        if (scalar.getValue().length() > SCALAR_CHARS_MAX) {
          problems.add(line, "a value of more than " + SCALAR_CHARS_MAX + " characters");
          return false;
        }
      }
    }
    return true;
  }

  /** Line at which a node starts, counted from 1. */
  static int line(Node node) {
    return node.getStartMark().map(YamlText::line).orElse(1);
  }

  private static int line(Mark mark) {
    return mark.getLine() + 1;
  }

  private static int lineOf(String text, int codePointIndex) {
    int end = Math.min(codePointIndex, text.length());
    return 1 + (int) text.substring(0, end).chars().filter(c -> c == '\n').count();
  }
}
